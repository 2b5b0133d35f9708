"""The audit log has pages by id, the newest first, and pages in the order of its followers."""

from functools import partial
from typing import Any, ClassVar, TypeVar

from django.db.models import F, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

from config.api.choices import must_be_one_of
from config.api.pagination import IdOrCursorPagination, describe_parameter
from organizations.api import examples
from organizations.audit_log.cursor import Cursor, place_after, place_of
from organizations.audit_log.positions import End, give_positions

_Row = TypeVar("_Row")

NEWEST_FIRST, FOLLOWED = "desc", "asc"

# How many positions a page reads at most, however few of their events its filters match.
SEEN_AT_ONCE = 10_000


class EventPagination(IdOrCursorPagination):
    """Events, the newest first; with ``order=asc``, by the positions that readers give them.

    A page in that order has ``next``, the cursor of the last position that it read. It reads 10,000
    at most, so a page of a filter that rarely matches may be empty although more follow.
    """

    order_query_param = "order"
    listed = "log"
    other_order = f"`{order_query_param}={FOLLOWED}`"
    next_schema: ClassVar = {
        "type": "string",
        "description": (
            f"With {other_order} on every page, an empty one included: the `cursor` of the page"
            " after this one. Opaque; it does not expire."
        ),
        "examples": [Cursor(1, 1042, examples.EVENT_ID).text_for(examples.ORGANIZATION_ID)],
    }

    @property
    def query_parameters(self) -> tuple[str, ...]:
        return (*super().query_parameters, self.order_query_param)

    def paginate_queryset(
        self, queryset: QuerySet[Any, _Row], request: Request, view: APIView | None = None
    ) -> list[_Row]:
        """Return the events of the requested page.

        Raises ValidationError, LogRestartedError, LogTruncatedError.
        """
        order = request.query_params.get(self.order_query_param, NEWEST_FIRST)
        if order not in (NEWEST_FIRST, FOLLOWED):
            message = must_be_one_of((NEWEST_FIRST, FOLLOWED), order)
            raise ValidationError({self.order_query_param: [message]})
        if order == FOLLOWED:
            return self._follow(queryset, request)
        self.refuse_cursor(request)
        return super().paginate_queryset(queryset, request, view)

    def _follow(self, queryset: QuerySet[Any, _Row], request: Request) -> list[_Row]:
        """Return the events after the cursor; gives further events positions if those run out."""
        organization_id: str = request.parser_context["kwargs"]["organization_id"]
        read = partial(Cursor.from_text, organization_id=organization_id)
        passed = self.begin_by_cursor(request, read)
        place = place_after(organization_id, passed)
        begin = place.cursor.position if place.next is None else place.next - 1
        end = End(place.last)
        if end.position <= begin + SEEN_AT_ONCE:
            end = give_positions(organization_id)
        seen = min(end.position, begin + SEEN_AT_ONCE)
        rows: list[Any] = []
        if seen > begin:
            events = queryset.filter(
                log_position__organization=organization_id,
                log_position__position__gt=begin,
                log_position__position__lte=seen,
            ).annotate(position=F("log_position__position"))
            rows = list(events.order_by("position")[: self.limit + 1])
        if len(rows) > self.limit:
            rows = rows[: self.limit]
            seen = rows[-1].position
        self.has_more = seen < end.position or end.may_be_later
        if seen > begin:
            last = place_of(organization_id, seen)
            if passed:  # events may have been deleted while this page was read
                last.refuse_missing(place.cursor, organization_id)
            place = last
        self.next_cursor = place.cursor.text_for(organization_id)
        return rows

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        order = describe_parameter(
            self.order_query_param,
            f"`{NEWEST_FIRST}`: the newest first. `{FOLLOWED}`: the order in which the log is"
            " followed.",
            type="string",
            enum=[NEWEST_FIRST, FOLLOWED],
            default=NEWEST_FIRST,
        )
        return [*super().get_schema_operation_parameters(view), order]
