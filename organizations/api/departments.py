"""Departments are listed with the number of their members, made, renamed and deleted."""

from django.db.models import OuterRef
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers
from rest_framework.response import Response

from config.api.openapi import describe, describe_list, response_example
from config.api.strict import StrictSerializer, StrictStringField
from organizations.api import examples
from organizations.api.bodies import NOT_A_STRING
from organizations.api.member_count import CountUpTo, MemberCountField
from organizations.api.view import OrganizationListView, OrganizationView, first_or_raise
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
from organizations.models import Department, DepartmentMembership
from organizations.uses import Uses
from users.api_view import AuthenticatedRequest

DEPARTMENTS = Department.objects.annotate(
    member_count=CountUpTo(DepartmentMembership.objects.filter(department=OuterRef("pk")))
)
SAMPLE = response_example({"id": examples.DEPARTMENT_ID, "name": "Engineering", "member_count": 12})
TAKEN = DepartmentNameTakenError({"name": "Engineering"})
IN_USE = DepartmentInUseError(
    examples.DEPARTMENT_ID,
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


@describe_list(
    operation_id="listDepartments",
    summary="List departments",
    description=(
        "All departments of the organization, in the order of their names. Any active member"
        " may see them."
    ),
    invalid={"limit": "This parameter is not known."},
)
class DepartmentListView(OrganizationListView[Department]):
    act = CHANGE_DEPARTMENT
    members_may_read = True
    queryset = DEPARTMENTS.order_by("name", "pk")
    serializer_class = DepartmentSerializer

    @describe(
        operation_id="createDepartment",
        summary="Create department",
        description=f"Makes a department. {NAMES} Takes the capability `manage_departments`.",
        request=DepartmentBodySerializer,
        request_examples={"Named": {"name": "Engineering"}},
        examples=[SAMPLE],
        responses={201: DepartmentSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[TAKEN],
    )
    def post(self, request: AuthenticatedRequest, organization_id: str) -> Response:
        body = self.read_body(DepartmentBodySerializer)
        department = create_department(organization_id, **body.validated_data, caller=self.caller)
        return Response(_shown(department), status=201)


class DepartmentView(OrganizationView):
    act = CHANGE_DEPARTMENT

    @describe(
        operation_id="updateDepartment",
        summary="Rename department",
        description=(
            f"Gives a department another name. {NAMES} The same name again changes nothing. Takes"
            " the capability `manage_departments`."
        ),
        request=DepartmentBodySerializer(partial=True),
        request_examples={"Renamed": {"name": "Research"}},
        examples=[SAMPLE],
        responses={200: DepartmentSerializer},
        invalid={"name": NOT_A_STRING},
        refusals=[examples.DEPARTMENT_NOT_FOUND, TAKEN],
    )
    def patch(self, request: AuthenticatedRequest, **path: str) -> Response:
        body = self.read_body(DepartmentBodySerializer, partial=True)
        department = change_department(**path, **body.validated_data, caller=self.caller)
        return Response(_shown(department))

    @describe(
        operation_id="deleteDepartment",
        summary="Delete department",
        description=(
            "Deletes a department that nothing refers to: no member, no resource, no record of a"
            " removal, no scheduled removal, no connection of a directory, and no offboarding step"
            " or open task that is assigned to it. Else the answer is 422 `DEPARTMENT_IN_USE`,"
            " whose details count each of these, null beyond 10,000. A department that a record"
            " names is never deleted. Takes the capability `manage_departments`."
        ),
        no_content="It is deleted.",
        refusals=[examples.DEPARTMENT_NOT_FOUND, IN_USE],
    )
    def delete(self, request: AuthenticatedRequest, **path: str) -> Response:
        delete_department(**path, caller=self.caller)
        return Response(status=204)


def _shown(department: Department) -> dict[str, object]:
    """Return a department as answers show it. Raises the error for one deleted in between."""
    gone = DepartmentNotFoundError({"department_id": department.pk})
    found = first_or_raise(DEPARTMENTS.filter(pk=department.pk), gone)
    return DepartmentSerializer(found).data
