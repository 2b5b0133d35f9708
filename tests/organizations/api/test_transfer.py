"""POST of a transfer of resources, as the design of members has it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.api.bodies import TO_DEPARTMENT, TO_USER
from organizations.models import Event, Membership, Organization, Resource
from tests.conftest import ClientOf
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, RoleFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.refusal import refusal
from tests.removals import remove


def transfer(client: APIClient, member: Membership, body: object) -> Any:
    return client.post(f"{address_of(member)}/transfer-resources", body)


@pytest.fixture(params=["deactivated", "former"])
def giver(request: Any, member: Membership) -> Membership:
    """Somebody who is no active member and owns two resources."""
    ResourceFactory.create_batch(2, organization=member.organization, owner=member.user)
    (deactivate if request.param == "deactivated" else remove)(member)
    return member


def test_what_somebody_still_owns_passes_to_a_department(
    as_owner: APIClient, giver: Membership
) -> None:
    department = DepartmentFactory.create(organization=giver.organization)
    body = {"confirm": True, TO_DEPARTMENT: department.pk, "reason": "left over"}

    response = transfer(as_owner, giver, body)

    assert (response.status_code, response.json()) == (200, {"resource_count": 2})
    assert Resource.objects.filter(department=department, owner=None).count() == 2
    event = Event.objects.get(type="resources.transferred")
    assert (event.reason, event.data) == (
        "left over",
        {
            "resource_count": 2,
            "department_id": department.pk,
            "resources": [{"type": "resource", "count": 2, "department_id": department.pk}],
        },
    )


def test_nothing_to_pass_on_is_no_error_and_no_event(
    as_owner: APIClient, owner: Membership, giver: Membership
) -> None:
    body = {"confirm": True, TO_USER: owner.user_id}
    transfer(as_owner, giver, body)

    assert transfer(as_owner, giver, body).json() == {"resource_count": 0}
    assert Event.objects.filter(type="resources.transferred").count() == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "CONFIRMATION_REQUIRED"),
        ({TO_DEPARTMENT: "dept_x"}, "CONFIRMATION_REQUIRED"),
        ({"confirm": False, TO_DEPARTMENT: "dept_x"}, "CONFIRMATION_REQUIRED"),
        ({"confirm": True}, "VALIDATION_ERROR"),
        ({"confirm": True, TO_DEPARTMENT: None}, "VALIDATION_ERROR"),
        ({"confirm": True, TO_DEPARTMENT: "dept_x", TO_USER: "usr_x"}, "VALIDATION_ERROR"),
        ({"confirm": 1, TO_DEPARTMENT: "dept_x"}, "VALIDATION_ERROR"),
    ],
)
def test_a_body_confirms_and_names_exactly_one_target(
    as_owner: APIClient, giver: Membership, body: dict[str, object], code: str
) -> None:
    assert refusal(transfer(as_owner, giver, body)) == (422, code)


def test_an_unknown_target_is_not_found_where_no_owner_is_left(
    organization: Organization, client_of: ClientOf
) -> None:
    admin = MembershipFactory.create(organization=organization, roles=["Admin"])
    giver = MembershipFactory.create(organization=organization)
    deactivate(giver)
    giver.role_assignments.create(
        organization=organization, role=organization.roles.get(name="Owner")
    )

    response = transfer(client_of(admin.user), giver, {"confirm": True, TO_DEPARTMENT: "dept_x"})

    assert refusal(response) == (404, "DEPARTMENT_NOT_FOUND")


def test_a_deactivated_member_who_is_above_the_caller_is_refused(
    organization: Organization, owner: Membership, client_holding: ClientHolding
) -> None:
    admin = MembershipFactory.create(organization=organization, roles=["Admin"])
    deactivate(admin)

    body = {"confirm": True, TO_USER: owner.user_id}
    response = transfer(client_holding("remove_users"), admin, body)

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")


def test_of_a_former_member_the_roles_in_the_record_count(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    remover, billing = (
        RoleFactory.create(organization=organization, capabilities=[name])
        for name in ("remove_users", "manage_billing")
    )
    caller = MembershipFactory.create(organization=organization, roles=[remover])
    peer, above, unknowable = (
        MembershipFactory.create(organization=organization, roles=[role])
        for role in (remover, billing, RoleFactory.create(organization=organization))
    )
    gone = unknowable.role_assignments.get().role
    remove(peer, above, unknowable)
    gone.delete()

    answers = [
        transfer(client_of(caller.user), former, {"confirm": True, TO_USER: caller.user_id})
        for former in (peer, above, unknowable)
    ]

    assert [answer.status_code for answer in answers] == [200, 404, 404]
