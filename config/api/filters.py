"""Filters of lists, built on django-filter, refuse unknown and malformed parameters."""

from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.core.validators import EMPTY_VALUES
from django.db.models import QuerySet
from django.http import HttpRequest
from django_filters import Filter, MultipleChoiceFilter
from django_filters.rest_framework import DjangoFilterBackend, FilterSet
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError

from config.api.choices import must_be_one_of

if TYPE_CHECKING:  # avoids a circular import: generics loads the settings that name this module
    from rest_framework.generics import GenericAPIView


class StrictFilterBackend(DjangoFilterBackend):
    """Filters a list by its view's filter set.

    Refuses parameters that are malformed, unknown, empty or given twice. The parameters of the
    view's pagination are checked there.
    """

    def filter_queryset(
        self, request: HttpRequest, queryset: QuerySet[Any], view: "GenericAPIView[Any]"
    ) -> QuerySet[Any]:
        """Return the filtered rows. Raises ValidationError that names every wrong parameter."""
        filter_class = self.get_filterset_class(view, queryset) or FilterSet
        filterset = filter_class(**self.get_filterset_kwargs(request, queryset, view))
        pagination_parameters = getattr(view.paginator, "query_parameters", ())
        wrong: dict[str, list[str]] = {
            name: _messages_of(errors, filterset.form.fields.get(name))
            for name, errors in filterset.form.errors.as_data().items()
        }
        for name, values in request.GET.lists():
            filter_ = filterset.filters.get(name)
            if filter_ is None and name not in pagination_parameters:
                wrong[name] = ["This parameter is not known."]
            elif len(values) > 1 and not isinstance(filter_, MultipleChoiceFilter):
                wrong[name] = ["This parameter can be given only once."]
            elif filter_ and not _has_effect(filterset.form, name, values[0]):
                choices = _choices_of(filterset.form.fields[name])
                invalid = "This value is not valid."
                message = must_be_one_of(choices, values[0]) if choices else invalid
                wrong.setdefault(name, [message])
        if wrong:
            raise ValidationError(wrong)
        return filterset.qs


def _has_effect(form: forms.Form, name: str, value: str) -> bool:
    """Return whether django-filter applies a parameter: it ignores an empty value.

    It also ignores a malformed boolean, and accepts 1 and 0, which are no booleans here.
    """
    if isinstance(form.fields[name], forms.NullBooleanField):
        return value.lower() in _choices_of(form.fields[name])
    return form.cleaned_data.get(name) not in EMPTY_VALUES


def _choices_of(field: forms.Field | None) -> list[str]:
    """Return the values that a parameter can have, or [] if there is no list of them."""
    if isinstance(field, forms.NullBooleanField):
        return ["true", "false"]
    return [value for value, _ in getattr(field, "choices", ()) if value]


def _messages_of(refusals: Iterable[forms.ValidationError], field: forms.Field | None) -> list[str]:
    """Return what is wrong with a parameter; the refusal of a choice names the choices."""
    choices = _choices_of(field)
    return [
        must_be_one_of(choices, refusal.params["value"])
        if choices and refusal.code == "invalid_choice" and refusal.params
        else message
        for refusal in refusals
        for message in refusal.messages
    ]


class MomentField(forms.Field):
    """A time with its offset, or a date, which means its midnight in UTC."""

    default_error_messages: ClassVar = {
        "invalid": "Must be a date, or a time with its offset ('+' is written %2B in an address)."
    }

    def to_python(self, value: str | None) -> datetime | None:
        if not value:
            return None
        with suppress(ValueError):
            return datetime.combine(date.fromisoformat(value), time(), UTC)
        with suppress(ValueError):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo:
                return _in_utc(moment)
        raise forms.ValidationError(self.error_messages["invalid"], code="invalid")


def _in_utc(moment: datetime) -> datetime:
    """Return the moment in UTC, since PostgreSQL refuses offsets of 16 hours or more."""
    try:
        return moment.astimezone(UTC)
    except OverflowError:  # the first or last day of the calendar, which no record has
        return moment.replace(tzinfo=UTC)


class MomentFilter(Filter):
    """Compares a time of the rows with a moment; ``description`` is for OpenAPI."""

    field_class = MomentField

    def __init__(
        self,
        field_name: str,
        *,
        description: str,
        lookup_expr: str | None = None,
        method: str | None = None,
    ) -> None:
        super().__init__(field_name, lookup_expr, method=method)
        kinds = [{"type": "string", "format": kind} for kind in ("date-time", "date")]
        describe = extend_schema_field({"anyOf": kinds, "description": description})
        describe(self)  # type: ignore[type-var]  # it works for filters as it does for fields


class PeriodFilterSet(FilterSet):
    """Filters by creation time: ``from_date`` is included, ``to_date`` is not."""

    from_date = MomentFilter(
        "created_at",
        lookup_expr="gte",
        description=(
            "Only what was made at this moment or later: a time with its offset, such as"
            " `2025-12-22T15:30:00Z` (the `+` of an offset is written `%2B`), or a date, with all"
            " of its day in UTC."
        ),
    )
    to_date = MomentFilter(
        "created_at",
        lookup_expr="lt",
        description=(
            "Only what was made before this moment: a time with its offset, or a date, with"
            " nothing of its day in UTC."
        ),
    )
