"""The resources that a removal moved are listed, with where they are now."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from config.api.openapi import describe_list, response_example
from config.api.pagination import IdPagination
from config.identifiers import only_ids
from organizations.api import examples
from organizations.api.removals import VIEWERS, OneRemovalMixin
from organizations.api.view import OrganizationListView
from organizations.exceptions import RemovalNotFoundError
from organizations.models import Removal, Resource, ResourceMove

NOW = ("there", "moved_on", "returned", "deleted")
_OWNERS = Resource.objects.filter(pk=OuterRef("resource")).values(
    json=JSONObject(user="owner", department="department")
)


@extend_schema_serializer(
    component_name="MovedResource",
    examples=[
        response_example(
            {
                "resource_id": examples.RESOURCE_ID,
                "type": examples.RESOURCE_TYPE,
                "external_id": examples.EXTERNAL_ID,
                "name": "Billing",
                "transferred_to_department_id": examples.DEPARTMENT_ID,
                "transferred_to_user_id": None,
                "now": "there",
            }
        )
    ],
)
class MovedResourceSerializer(serializers.Serializer[ResourceMove]):
    """A resource that a removal moved: as it was then, and where it is now."""

    resource_id = serializers.CharField()
    type = serializers.CharField()
    external_id = serializers.CharField(allow_null=True)
    name = serializers.CharField(help_text="As it was called then.")
    transferred_to_department_id = serializers.CharField(
        source="transferred_to_id", allow_null=True
    )
    transferred_to_user_id = serializers.CharField(allow_null=True)
    now = serializers.SerializerMethodField(
        help_text=(
            "`there`: the target owns it; `returned`: the removed user owns it again;"
            " `moved_on`: somebody else owns it; `deleted`: it was deleted."
        )
    )

    @extend_schema_field(serializers.ChoiceField(NOW))
    def get_now(self, move: Any) -> str:
        owners: Mapping[str, str | None] | None = move.owners
        if owners is None:
            return "deleted"
        owner = owners["user"], owners["department"]
        if owner == (move.transferred_to_user_id, move.transferred_to_id):
            return "there"
        return "returned" if owner == (move.left, None) else "moved_on"


@describe_list(
    operation_id="listMovedResources",
    summary="List moved resources",
    description=(
        "The resources that the removal passed on, in the order of their ids: what they were"
        f" called then, to whom they passed, and where they are now. {VIEWERS}"
    ),
    invalid={"limit": "Must be a whole number from 1 to 100."},
    refusals=[examples.REMOVAL_NOT_FOUND],
)
class MovedResourceListView(OneRemovalMixin, OrganizationListView[ResourceMove]):
    queryset = (
        ResourceMove.objects.alias(position=F("resource"))
        .annotate(owners=Subquery(_OWNERS), left=F("removal__membership__user"))
        .order_by("position")
    )
    serializer_class = MovedResourceSerializer
    pagination_class = IdPagination

    def get_queryset(self) -> QuerySet[ResourceMove]:
        """Return the moves of the removal; raises RemovalNotFoundError."""
        removal_id = self.kwargs["removal_id"]
        removals = Removal.objects.filter(
            organization=self.kwargs["organization_id"], pk__in=only_ids("rem", [removal_id])
        )
        if not removals.exists():
            raise RemovalNotFoundError({"removal_id": removal_id})
        return self.queryset.filter(removal=removal_id)
