"""Reads the filters that directories send: comparisons by eq, joined by and."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from scim2_models import InvalidFilterException, SearchRequest
from scim2_models.path import (
    CompareOperator,
    Comparison,
    FilterNode,
    LogicalExpr,
    LogicalOperator,
    ValuePath,
)

from organizations.scim.bounds import MOST_TERMS, has_surrogates


def equalities(search_request: SearchRequest[Any]) -> list[tuple[str, object]]:
    """Return the attributes of a filter, such as ``emails.value`` in lower case, and their values.

    Raises InvalidFilterException for a filter of anything but eq and and.
    """
    if search_request.filter is None:
        return []
    found = list(islice(_equalities(search_request.filter.ast), MOST_TERMS + 1))
    if len(found) > MOST_TERMS:
        raise InvalidFilterException(detail=f"At most {MOST_TERMS} comparisons are supported.")
    for _, value in found:
        if isinstance(value, str) and has_surrogates(value):
            raise InvalidFilterException(detail="A value cannot be stored, and so not be found.")
    return found


def unsearchable(attribute: str) -> InvalidFilterException:
    """Return the error for an attribute that no search supports."""
    return InvalidFilterException(detail=f"{attribute!r} cannot be searched for.")


def _equalities(node: FilterNode, inside: str = "") -> Iterator[tuple[str, object]]:
    """Yield the comparisons of a part of a filter, ``inside`` an attribute of several values."""
    match node:
        case Comparison(op=CompareOperator.eq):
            path = node.attr_path
            names = filter(None, [inside, path.attr, path.sub_attr])
            yield ".".join(names).lower(), node.value
        case LogicalExpr(op=LogicalOperator.and_):
            for term in node.terms:
                yield from _equalities(term, inside)
        case ValuePath():
            yield from _equalities(node.val_filter, node.attr_path.attr)
        case _:
            raise InvalidFilterException(detail="Only eq is supported, and several joined by and.")
