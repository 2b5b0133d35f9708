"""Departments and roles are listed with the number of their members."""

from collections.abc import Callable
from typing import Any

from django.db.models import IntegerField, OuterRef, QuerySet, Subquery
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers

from config.api.openapi import describe
from organizations.api.examples import DEPARTMENT_ID
from organizations.api.view import OrganizationListView
from organizations.capabilities import Capability
from organizations.models import Department, DepartmentMembership, Role, RoleAssignment

COUNTED_UP_TO = 10_000


class CountUpTo(Subquery):
    """How many rows there are, or null beyond a limit: no large table is read through."""

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


@extend_schema_serializer(
    component_name="Department",
    examples=[
        OpenApiExample(
            "Sample",
            value={"id": DEPARTMENT_ID, "name": "Engineering", "member_count": 12},
            response_only=True,
        )
    ],
)
class DepartmentSerializer(serializers.Serializer[Department]):
    """A department of an organization."""

    id = serializers.CharField()
    name = serializers.CharField()
    member_count = MemberCountField()


@extend_schema_serializer(
    component_name="Role",
    examples=[
        OpenApiExample(
            "Sample",
            value={
                "id": "role_billing",
                "name": "Billing",
                "member_count": 2,
                "capabilities": ["manage_billing"],
                "is_owner": False,
            },
            response_only=True,
        )
    ],
)
class RoleSerializer(serializers.Serializer[Role]):
    """A role of an organization."""

    id = serializers.CharField()
    name = serializers.CharField()
    member_count = MemberCountField()
    capabilities = serializers.ListField(
        child=serializers.ChoiceField(Capability.choices), help_text="What its holders may do."
    )
    is_owner = serializers.BooleanField(help_text="Whether its holders own the organization.")


def _describe(
    *, operation_id: str, what: str, serializer: type[serializers.Serializer[Any]]
) -> Callable[[Any], Any]:
    """Return the description of one of the two lists."""
    return describe(
        operation_id=operation_id,
        summary=f"List {what}",
        tags=[what.capitalize()],
        description=(
            f"All {what} of the organization, in the order of their names. Any active member may"
            " see them."
        ),
        responses={200: serializer(many=True)},
        invalid={"limit": "This parameter is not known."},
    )


@extend_schema_view(
    get=_describe(
        operation_id="listDepartments",
        what="departments",
        serializer=DepartmentSerializer,
    )
)
class DepartmentListView(OrganizationListView[Department]):
    """The departments of an organization."""

    queryset = Department.objects.annotate(
        member_count=CountUpTo(DepartmentMembership.objects.filter(department=OuterRef("pk")))
    ).order_by("name", "pk")
    serializer_class = DepartmentSerializer


@extend_schema_view(
    get=_describe(operation_id="listRoles", what="roles", serializer=RoleSerializer)
)
class RoleListView(OrganizationListView[Role]):
    """The roles of an organization."""

    queryset = Role.objects.annotate(
        member_count=CountUpTo(RoleAssignment.objects.filter(role=OuterRef("pk")))
    ).order_by("name", "pk")
    serializer_class = RoleSerializer
