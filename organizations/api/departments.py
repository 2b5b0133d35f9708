"""Departments are listed with the number of their members, made, renamed and deleted."""

from django.db.models import OuterRef
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema_serializer,
    extend_schema_view,
)
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe
from config.api.strict import StrictSerializer, StrictStringField
from organizations.api.bodies import NOT_A_STRING
from organizations.api.examples import DEPARTMENT_ID
from organizations.api.member_count import CountUpTo, MemberCountField
from organizations.api.view import OrganizationListView, OrganizationView
from organizations.departments.service import (
    change_department,
    create_department,
    delete_department,
)
from organizations.exceptions import (
    DepartmentInUseError,
    DepartmentNameTakenError,
    DepartmentNotFoundError,
)
from organizations.guards.acts import CHANGE_DEPARTMENT
from organizations.guards.caller import Caller
from organizations.models import Department, DepartmentMembership
from organizations.uses import Uses
from users.api_view import AuthenticatedRequest

DEPARTMENTS = Department.objects.annotate(
    member_count=CountUpTo(DepartmentMembership.objects.filter(department=OuterRef("pk")))
)
SAMPLE = OpenApiExample(
    "Sample",
    value={"id": DEPARTMENT_ID, "name": "Engineering", "member_count": 12},
    response_only=True,
)
TAKEN = DepartmentNameTakenError({"name": "Engineering"})
NOT_FOUND = DepartmentNotFoundError({"department_id": DEPARTMENT_ID})
IN_USE = DepartmentInUseError(
    DEPARTMENT_ID,
    Uses(
        dict.fromkeys(("member", "resource", "removal", "scheduled_removal"), 1)
        | dict.fromkeys(("connection", "step", "open_task"), 0)
    ),
)
NAMES = (
    "A name has 1 to 200 characters besides blanks around it, which are left out. It is unique in"
    " the organization, regardless of case and of the width of its characters."
)


@extend_schema_serializer(component_name="Department", examples=[SAMPLE])
class DepartmentSerializer(serializers.Serializer[Department]):
    """A department of an organization."""

    id = serializers.CharField()
    name = serializers.CharField()
    member_count = MemberCountField()


class DepartmentBodySerializer(StrictSerializer):
    """What a department is made with, or what is changed of it."""

    name = StrictStringField()


@extend_schema_view(
    get=describe(
        operation_id="listDepartments",
        summary="List departments",
        description=(
            "All departments of the organization, in the order of their names. Any active member"
            " may see them."
        ),
        invalid={"limit": "This parameter is not known."},
    )
)
class DepartmentListView(OrganizationListView[Department]):
    """The departments of an organization."""

    act = CHANGE_DEPARTMENT
    members_may_read = True
    queryset = DEPARTMENTS.order_by("name", "pk")
    serializer_class = DepartmentSerializer

    @describe(
        operation_id="createDepartment",
        summary="Create department",
        description=f"Makes a department. {NAMES} Takes the capability `manage_departments`.",
        request=DepartmentBodySerializer,
        examples=[
            OpenApiExample("Named", value={"name": "Engineering"}, request_only=True),
            SAMPLE,
        ],
        responses={201: DepartmentSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[TAKEN],
    )
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(DepartmentBodySerializer)
        department = create_department(
            organization_id, **body.validated_data, caller=Caller.of(request)
        )
        return Response(_shown(department), status=201)


class DepartmentView(OrganizationView):
    """One department."""

    act = CHANGE_DEPARTMENT

    @describe(
        operation_id="updateDepartment",
        summary="Rename department",
        description=(
            f"Gives a department another name. {NAMES} The same name again changes nothing. Takes"
            " the capability `manage_departments`."
        ),
        request=DepartmentBodySerializer(partial=True),
        examples=[
            OpenApiExample("Renamed", value={"name": "Research"}, request_only=True),
            SAMPLE,
        ],
        responses={200: DepartmentSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[NOT_FOUND, TAKEN],
    )
    def patch(
        self, request: AuthenticatedRequest, organization_id: str, department_id: str
    ) -> Response:
        body = self.read_body(DepartmentBodySerializer, partial=True)
        department = change_department(
            organization_id, department_id, **body.validated_data, caller=Caller.of(request)
        )
        return Response(_shown(department))

    @describe(
        operation_id="deleteDepartment",
        summary="Delete department",
        description=(
            "Deletes a department that nothing refers to: no member, no resource, no record of a"
            " removal, no scheduled removal, no connection of a directory, and no offboarding step"
            " or open task that is assigned to it. Else the answer is 422 `DEPARTMENT_IN_USE`,"
            " whose details count each of these, null beyond 10,000. A"
            " department that a record names is never deleted. Takes the capability"
            " `manage_departments`."
        ),
        responses={204: OpenApiResponse(description="It is deleted.")},
        refusals=[NOT_FOUND, IN_USE],
    )
    def delete(
        self, request: AuthenticatedRequest, organization_id: str, department_id: str
    ) -> Response:
        delete_department(organization_id, department_id, caller=Caller.of(request))
        return Response(status=204)


def _shown(department: Department) -> dict[str, object]:
    """Return a department as answers show it. Raises the error for one deleted in between."""
    found = DEPARTMENTS.filter(pk=department.pk).first()
    if found is None:
        raise DepartmentNotFoundError({"department_id": department.pk})
    return DepartmentSerializer(found).data
