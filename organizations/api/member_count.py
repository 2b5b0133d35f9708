"""The number of members of a department or a role, counted up to a limit."""

from typing import Any

from django.db.models import IntegerField, QuerySet, Subquery
from rest_framework import serializers

from organizations.uses import COUNTED_UP_TO


class CountUpTo(Subquery):
    """Counts rows, null beyond a limit, so that no large table is read whole."""

    template = "(SELECT nullif(count(*), %(one_more)s) FROM (%(subquery)s) AS counted)"
    output_field = IntegerField(null=True)

    def __init__(self, rows: QuerySet[Any], limit: int = COUNTED_UP_TO) -> None:
        super().__init__(rows.values("pk")[: limit + 1], one_more=limit + 1)


class MemberCountField(serializers.IntegerField):
    """How many members there are, active and deactivated."""

    def __init__(self) -> None:
        super().__init__(
            allow_null=True,
            min_value=0,
            max_value=COUNTED_UP_TO,
            help_text=f"Active and deactivated members; null beyond {COUNTED_UP_TO:,}.",
        )
