"""Lists are paginated in the order of ids, and some also in another order, by a cursor."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api.openapi import ecma_pattern
from config.identifiers import id_pattern, is_id

_Model = TypeVar("_Model", bound=Model)
_Row = TypeVar("_Row")
_Cursor = TypeVar("_Cursor")


@dataclass(frozen=True, slots=True)
class IdOrder:
    """What a list is ordered by: the primary key, or an annotation that is a foreign key."""

    name: str
    is_descending: bool
    prefix: str

    @classmethod
    def of(cls, rows: QuerySet[Any, Any]) -> Self:
        """Return the order of these rows, with the prefix of the ids from the model."""
        [ordering] = rows.query.order_by
        name = str(ordering).removeprefix("-")
        annotation = rows.query.annotations.get(name)
        field: Any = rows.model._meta.pk if annotation is None else annotation.output_field
        while field.remote_field:
            field = field.target_field
        return cls(name, str(ordering).startswith("-"), field.prefixes[0])


class IdPagination(LimitOffsetPagination):
    """Pages by ``limit`` and ``skip``, or by ``limit`` and ``after``, as fast at any depth.

    The rows are ordered by an id. A wrong ``limit`` or ``skip``, which REST framework would
    silently correct, is refused.
    """

    default_limit = 50
    max_limit = 100
    offset_query_param = "skip"
    max_skip: ClassVar[int] = 10_000
    after_query_param: ClassVar[str] = "after"
    max_total: ClassVar[int] = 10_000
    template = None

    limit: int
    offset: int
    total: int | None
    has_more: bool

    @property
    def query_parameters(self) -> tuple[str, ...]:
        """Return the names of the query parameters that this pagination reads."""
        return self.limit_query_param, self.offset_query_param, self.after_query_param

    def paginate_queryset(
        self, queryset: QuerySet[_Model, _Row], request: Request, view: APIView | None = None
    ) -> list[_Row]:
        self.limit = self.get_limit(request)
        self.offset = self.get_offset(request)
        order = IdOrder.of(queryset)
        after = self.get_after(request, order.prefix)
        self.total = self.get_total(queryset) if after is None else None
        rows = self.get_rows(queryset, order, after)
        self.has_more = len(rows) > self.limit
        return rows[: self.limit]

    def get_paginated_response(self, data: Any) -> Response:
        return Response(
            {
                "items": data,
                "total": self.total,
                "skip": self.offset,
                "limit": self.limit,
                "has_more": self.has_more,
            }
        )

    def get_limit(self, request: Request) -> int:
        return _number(request, self.limit_query_param, self.default_limit, 1, self.max_limit)

    def get_offset(self, request: Request) -> int:
        return _number(request, self.offset_query_param, 0, 0, self.max_skip)

    def get_after(self, request: Request, prefix: str) -> str | None:
        """Return the id after which the page begins, which need not exist, or None.

        Raises ValidationError for a malformed id, or together with ``skip``.
        """
        after = request.query_params.get(self.after_query_param)
        if after is None:
            return None
        if self.get_offset(request):  # 0 is fine: generated clients send the default
            together = [f"Use {self.offset_query_param} or {self.after_query_param}, not both."]
            raise ValidationError(
                {self.offset_query_param: together, self.after_query_param: together}
            )
        if not is_id(prefix, after):
            raise ValidationError({self.after_query_param: ["Must be the id of an item."]})
        return after

    def get_rows(
        self, queryset: QuerySet[Any, _Row], order: IdOrder, after: str | None
    ) -> list[_Row]:
        """Return the rows of the page, and one more if there is one."""
        if after is not None:
            comparison = "lt" if order.is_descending else "gt"
            queryset = queryset.filter(**{f"{order.name}__{comparison}": after})
        return list(queryset[self.offset : self.offset + self.limit + 1])

    def get_total(self, queryset: QuerySet[Any, Any]) -> int | None:
        """Return how many objects the list has, or None above ``max_total``."""
        total = queryset.order_by()[: self.max_total + 1].count()
        return total if total <= self.max_total else None

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        prefix = IdOrder.of(view.queryset).prefix  # type: ignore[attr-defined]  # lists have one
        return [
            describe_parameter(
                self.limit_query_param,
                "How many items a page has at most.",
                type="integer",
                minimum=1,
                maximum=self.max_limit,
                default=self.default_limit,
            ),
            describe_parameter(
                self.offset_query_param,
                "How many items to pass over.",
                type="integer",
                minimum=0,
                maximum=self.max_skip,
                default=0,
            ),
            describe_parameter(
                self.after_query_param,
                "The id of the last item seen, in place of `skip`: as fast at any depth.",
                type="string",
                pattern=ecma_pattern(id_pattern(prefix)),
            ),
        ]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        properties = {
            "items": schema,
            "total": {
                "type": ["integer", "null"],
                "description": (
                    f"How many items there are in all; null beyond {self.max_total:,}, and with"
                    f" `{self.after_query_param}`."
                ),
                "example": 1,
            },
            "skip": {"type": "integer", "example": 0},
            "limit": {"type": "integer", "example": self.default_limit},
            "has_more": {
                "type": "boolean",
                "description": "Whether a page follows.",
                "example": False,
            },
        }
        return {"type": "object", "required": list(properties), "properties": properties}


class IdOrCursorPagination(IdPagination):
    """Pages by id, or in another order by ``cursor``, the ``next`` of the page before."""

    cursor_query_param: ClassVar[str] = "cursor"
    other_order: ClassVar[str]  # the parameter that asks for it
    next_schema: ClassVar[dict[str, Any]]  # of ``next``, for OpenAPI
    listed: ClassVar[str] = "list"  # what it has pages of, for refusals

    is_by_cursor = False
    next_cursor: str | None = None

    @property
    def query_parameters(self) -> tuple[str, ...]:
        return (*super().query_parameters, self.cursor_query_param)

    def begin_by_cursor(self, request: Request, read: Callable[[str], _Cursor]) -> _Cursor | None:
        """Begin a page in the other order; return its cursor, or None for the first page.

        ``read`` raises ValueError for a text that is no cursor. Raises ValidationError for such a
        text, and if ``skip`` or ``after`` is given, too.
        """
        self.limit, self.offset, self.total = self.get_limit(request), 0, None
        self.is_by_cursor = True
        other = {self.offset_query_param: self.get_offset(request) > 0}
        other[self.after_query_param] = self.after_query_param in request.query_params
        alone = [f"Does not go with {self.other_order}."]
        if wrong := {name: alone for name, is_there in other.items() if is_there}:
            raise ValidationError(wrong)
        text = request.query_params.get(self.cursor_query_param)
        try:
            return None if text is None else read(text)
        except ValueError:
            no_cursor = [f"Must be the `next` of a page of this {self.listed}."]
            raise ValidationError({self.cursor_query_param: no_cursor}) from None

    def refuse_cursor(self, request: Request) -> None:
        """Raise ValidationError for a cursor in the order of ids."""
        if self.cursor_query_param in request.query_params:
            raise ValidationError(
                {self.cursor_query_param: [f"Goes with {self.other_order} alone."]}
            )

    def get_paginated_response(self, data: Any) -> Response:
        response = super().get_paginated_response(data)
        if self.is_by_cursor:
            response.data["next"] = self.next_cursor
        return response

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        cursor = describe_parameter(
            self.cursor_query_param,
            f"The `next` of the page before, with {self.other_order}; left out, it is the first"
            " page.",
            type="string",
        )
        return [*super().get_schema_operation_parameters(view), cursor]

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"]["total"]["description"] += f" Null with {self.other_order}, too."
        # Not among the properties: the sample page has all of them, and is in the order of ids.
        page["allOf"] = [{"type": "object", "properties": {"next": self.next_schema}}]
        return page


class SearchPagination(IdPagination):
    """Pages of ids, ascending; what a ``search`` finds is read once, for the total and the page.

    Up to ``max_total`` ids are sorted here: PostgreSQL would search again to sort them, or walk
    through the whole list for a page. If there are more, it finds a page after a short walk.
    """

    search_query_param: ClassVar[str] = "search"

    _is_search: bool
    _found: list[Any] | None = None

    def paginate_queryset(
        self, queryset: QuerySet[_Model, _Row], request: Request, view: APIView | None = None
    ) -> list[_Row]:
        self._is_search = self.search_query_param in request.query_params
        return super().paginate_queryset(queryset, request, view)

    def get_total(self, queryset: QuerySet[Any, Any]) -> int | None:
        if not self._is_search:
            return super().get_total(queryset)
        number = len(self._find(queryset))
        return number if number <= self.max_total else None

    def get_rows(
        self, queryset: QuerySet[Any, _Row], order: IdOrder, after: str | None
    ) -> list[_Row]:
        if not self._is_search or len(found := self._find(queryset)) > self.max_total:
            return super().get_rows(queryset, order, after)
        rest = sorted(each for each in found if after is None or each > after)
        return rest[self.offset : self.offset + self.limit + 1]

    def _find(self, queryset: QuerySet[Any, Any]) -> list[Any]:
        """Return what the search finds, in no order: one more than ``max_total`` at most."""
        if self._found is None:
            self._found = list(queryset.order_by()[: self.max_total + 1])
        return self._found


def _number(request: Request, name: str, default: int, lowest: int, highest: int) -> int:
    """Return a parameter as a whole number. Raises ValidationError outside the bounds."""
    text = request.query_params.get(name, str(default))
    if re.fullmatch(r"[0-9]{1,9}", text) and lowest <= int(text) <= highest:
        return int(text)
    raise ValidationError({name: [f"Must be a whole number from {lowest} to {highest}."]})


def describe_parameter(name: str, description: str, **schema: object) -> dict[str, Any]:
    """Return the OpenAPI description of an optional query parameter."""
    return {
        "name": name,
        "in": "query",
        "required": False,
        "description": description,
        "schema": schema,
    }
