"""Columns that show a field of a model under a name that staff understand."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import admin
from django.db.models import Model

from config.admin.links import NONE, link
from config.admin.times import time_in_words


def column(field: str, name: str) -> Callable[..., str]:
    """Return a column, for the body of an admin's class: times, choices, and links by names."""

    def shown(_: object, row: Model) -> str:
        value = getattr(row, field)
        if isinstance(value, Model):
            return link(value, getattr(value, "name", None))
        if isinstance(value, datetime):
            return time_in_words(value)
        named = getattr(row, f"get_{field}_display", None)
        return str(named() if named else NONE if value in (None, "") else value)

    return admin.display(description=name, ordering=field)(shown)
