"""Resources are listed, with filters, for whoever may see them."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.db.models import QuerySet
from django_filters.rest_framework import CharFilter, ChoiceFilter, FilterSet, MultipleChoiceFilter
from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from config.api.openapi import describe_list
from config.api.pagination import SearchPagination
from config.search import LONGEST_TERM
from organizations.api.bodies import TYPE_PATTERN
from organizations.api.resources import RESOURCES, ResourceSerializer, sees_all, shared_with
from organizations.api.view import OrganizationListView
from organizations.guards.transfer_targets import is_type
from organizations.models import Resource, ResourceEntry
from organizations.models.resource import ResourceQuerySet
from organizations.models.resource_entry import ResourceEntryQuerySet
from organizations.models.resource_type import NO_SLUG

OF_TYPES = "Only resources of this type; given several times, of any of them."


class SlugsField(forms.MultipleChoiceField):
    """Slugs of types, whether the organization has them or not."""

    default_error_messages: ClassVar = {"invalid_choice": NO_SLUG}

    def valid_value(self, value: str) -> bool:
        return is_type(value)


@extend_schema_field(
    {"type": "array", "items": {"type": "string", "pattern": TYPE_PATTERN}, "description": OF_TYPES}
)
class SlugsFilter(MultipleChoiceFilter):
    """Keeps rows of these types."""

    field_class = SlugsField


# Rows of one table: entries, which have the indexes for lists, or resources, for filters by owner.
Rows = ResourceEntryQuerySet | ResourceQuerySet
BY_OWNER = {"owner_user_id", "owner_department_id", "owner_has_left"}


class ResourceFilterSet(FilterSet):
    """Filters resources; an id of another organization matches none."""

    type = SlugsFilter(field_name="type", distinct=False, help_text=OF_TYPES)
    owner_user_id = CharFilter("owner", help_text="Only what this user owns.")
    owner_department_id = CharFilter("department", help_text="Only what this department owns.")
    external_id = CharFilter(
        method="with_key",
        strip=False,
        help_text="Only the resource with this key, compared as it is; with `type`.",
    )
    owner_has_left = ChoiceFilter(
        choices=[("true", "true")],
        method="left",
        help_text="Only what former members of the organization own.",
    )
    search = CharFilter(
        method="matching",
        max_length=LONGEST_TERM,
        help_text="Only resources whose name has words that begin with the words of this.",
    )

    def with_key(self, rows: Rows, name: str, value: str) -> Rows:
        """Keep the resource with this key. Raises ValidationError without a type."""
        if "type" not in (self.data or {}):
            raise ValidationError({name: ["A key is one of a type: name the type, too."]})
        of_key = "external_id" if rows.model is ResourceEntry else "entry__external_id"
        return rows.filter(**{of_key: value})

    def left(self, rows: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        path = cast("Request", self.request).parser_context["kwargs"]
        return rows.left_behind(path["organization_id"])

    def matching(self, rows: Rows, name: str, value: str) -> Rows:
        """Keep what the search finds, after the other filters have narrowed the rows."""
        return rows.matching(value)


@describe_list(
    operation_id="listResources",
    summary="List resources",
    description=(
        "The resources of the organization, in the order of their ids. Who holds none of"
        " `manage_resources`, `remove_users` and `view_audit_log` sees what they own themselves"
        " and what their departments own."
    ),
    invalid={"external_id": "A key is one of a type: name the type, too."},
)
class ResourceListView(OrganizationListView[ResourceEntry]):
    queryset = RESOURCES.order_by("pk")
    serializer_class = ResourceSerializer
    pagination_class = SearchPagination
    filterset_class = ResourceFilterSet

    def get_queryset(self) -> QuerySet[Any]:
        """Return the rows of the table whose indexes fit the request."""
        organization_id = self.kwargs["organization_id"]
        rows: Rows = ResourceEntry.objects.filter(organization=organization_id)
        if not sees_all(self.authority):
            rows = shared_with(organization_id, self.caller.member_id)
        elif not BY_OWNER.isdisjoint(self.request.query_params):
            rows = Resource.objects.filter(organization=organization_id)
        return rows.order_by("pk")

    def paginate_queryset(self, queryset: QuerySet[Any] | Sequence[Any]) -> list[Any]:
        """Return the entries of the page, with their resources.

        The ids are read first: with a join PostgreSQL may read the other table up to the page.
        """
        assert isinstance(queryset, QuerySet)  # noqa: S101
        ids = super().paginate_queryset(queryset.values_list("pk", flat=True)) or ()
        found = RESOURCES.in_bulk(ids)
        return [found[pk] for pk in ids if pk in found]
