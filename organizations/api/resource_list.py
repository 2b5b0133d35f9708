"""The list of an organization's resources."""

import re
from typing import cast

from django import forms
from django.db.models import QuerySet
from django_filters.rest_framework import (
    CharFilter,
    ChoiceFilter,
    FilterSet,
    MultipleChoiceFilter,
)
from drf_spectacular.utils import extend_schema_field, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from config.api.openapi import describe
from config.api.pagination import IdPagination
from config.search import LONGEST_TERM
from organizations.api.resources import PATTERN, RESOURCES, ResourceSerializer, visible
from organizations.api.view import OrganizationListView
from organizations.models import Resource
from organizations.models.resource import ResourceQuerySet
from organizations.models.resource_type import SLUG


class SlugsField(forms.MultipleChoiceField):
    """Slugs of types, whether the organization has them or not."""

    def valid_value(self, value: str) -> bool:
        return re.match(SLUG, value) is not None


@extend_schema_field({"type": "array", "items": {"type": "string", "pattern": PATTERN}})
class SlugsFilter(MultipleChoiceFilter):
    """Keeps rows of these types."""

    field_class = SlugsField


class ResourceFilterSet(FilterSet):
    """Which resources to list; what is not this organization's leaves none."""

    type = SlugsFilter(
        field_name="entry__type",
        distinct=False,
        help_text="Only resources of this type; given several times, of any of them.",
    )
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

    def with_key(self, resources: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        """Keep what has the key. Raises ValidationError without a type."""
        if "type" not in (self.data or {}):
            raise ValidationError({name: ["A key is one of a type: name the type, too."]})
        return resources.filter(entry__external_id=value)

    def left(self, resources: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        """Keep what former members own."""
        path = cast("Request", self.request).parser_context["kwargs"]
        return resources.left_behind(path["organization_id"])

    def matching(self, resources: ResourceQuerySet, name: str, value: str) -> ResourceQuerySet:
        """Keep what is found; the other filters have narrowed it before."""
        return resources.matching(value)


@extend_schema_view(
    get=describe(
        operation_id="listResources",
        summary="List resources",
        tags=["Resources"],
        description=(
            "The resources of the organization, in the order of their ids. Who holds none of"
            " `manage_resources`, `remove_users` and `view_audit_log` sees what they own themselves"
            " and what their departments own."
        ),
        responses={200: ResourceSerializer(many=True)},
        invalid={"external_id": "A key is one of a type: name the type, too."},
    )
)
class ResourceListView(OrganizationListView[Resource]):
    """The resources of an organization."""

    queryset = RESOURCES.order_by("pk")
    serializer_class = ResourceSerializer
    pagination_class = IdPagination
    filterset_class = ResourceFilterSet

    def get_queryset(self) -> QuerySet[Resource]:
        organization_id = self.kwargs["organization_id"]
        return visible(organization_id, self.member_id, self.authority).order_by("pk")
