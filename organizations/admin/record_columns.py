"""The columns of records that say who did something, and through what."""

from typing import Any

from django.contrib import admin

from config.admin.columns import column
from config.admin.links import link


class RecordColumns:
    """The columns of a record about who did it, and through what."""

    through = column("source", "Through")
    system = column("connection", "System")
    request_id = column("trace_id", "Request")

    @admin.display(description="By", ordering="actor")
    def by(self, record: Any) -> str:
        doer = record.actor or record.connection
        return link(doer, doer and doer.name)
