"""GET of a removal's preview, as the contract has it."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.connections.service import disable
from organizations.models import Membership, OffboardingTask, Removal, Source
from tests.conftest import ClientOf
from tests.directories import connect, manage
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
    WebhookEndpointFactory,
)
from tests.organizations.api.address import address_of
from tests.organizations.api.lists import address_in
from tests.programs import connect_program
from tests.removals import remove
from tests.schedules import schedule


def preview(client: APIClient, member: Membership) -> Any:
    return client.get(f"{address_of(member)}/removal-preview")


def test_it_says_what_would_go(owner: Membership, client_of: ClientOf) -> None:
    organization = owner.organization
    departments = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member", "Admin"], departments=departments
    )
    for type_name in ("repository", "document", "repository"):
        ResourceFactory.create(organization=organization, owner=member.user, type=type_name)
    ResourceFactory.create(owner=member.user)  # of another organization

    response = preview(client_of(owner.user), member)

    roles = {role.name: role.pk for role in organization.roles.all()}
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == {
        "user_id": member.user_id,
        "organization_id": organization.pk,
        "roles": [{"id": roles[name], "name": name} for name in ("Admin", "Member")],
        "departments": [{"id": d.pk, "name": d.name} for d in departments],
        "resource_count": 3,
        "resources": [{"type": "document", "count": 1}, {"type": "repository", "count": 2}],
        "token_count": 0,
        "connections": [],
        "webhook_endpoints": [],
        "scheduled_removal": None,
        "scheduled_for_others": [],
        "tasks": [],
        "can_be_removed": True,
        "blocked_by": None,
        "managed_by": None,
        "directory_opens_no_tasks": False,
    }


def test_it_names_the_directory_that_manages_the_member(
    owner: Membership, client_of: ClientOf
) -> None:
    organization = owner.organization
    connection, _ = connect(organization, name="Entra ID")
    managed, other = MembershipFactory.create_batch(2, organization=organization)
    manage(managed)

    response = preview(client_of(owner.user), managed)

    assert response.json()["managed_by"] == {"id": connection.pk, "name": "Entra ID"}
    assert preview(client_of(owner.user), other).json()["managed_by"] is None


def test_it_says_which_tasks_a_removal_opens(owner: Membership, client_of: ClientOf) -> None:
    organization = owner.organization
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=member.user, type="repository")
    for position, (key, type_name, enabled) in enumerate(
        (
            ("repositories", "repository", True),
            ("laptop", None, True),
            ("documents", "document", True),
            ("badge", None, False),
        )
    ):
        OffboardingStepFactory.create(
            organization=organization,
            key=key,
            title=key.title(),
            applies_to_type=type_name,
            enabled=enabled,
            position=position,
        )
    OffboardingStepFactory.create()  # of another organization

    shown = preview(client_of(owner.user), member).json()["tasks"]

    assert shown == [
        {"key": "repositories", "title": "Repositories"},
        {"key": "laptop", "title": "Laptop"},
    ]
    remove(member)
    opened = OffboardingTask.objects.order_by("pk").values_list("key", "title")
    assert [{"key": key, "title": title} for key, title in opened] == shown


@pytest.mark.parametrize(("days", "enabled"), [(None, True), (30, True), (None, False)])
def test_it_says_that_a_directory_which_removes_nobody_opens_no_tasks(
    owner: Membership, client_of: ClientOf, days: int | None, enabled: bool
) -> None:
    organization = owner.organization
    connect(organization, remove_after_days=days)
    OffboardingStepFactory.create(organization=organization, enabled=enabled)
    managed, other = MembershipFactory.create_batch(2, organization=organization)
    manage(managed)
    client = client_of(owner.user)

    opens_none = days is None and enabled
    assert preview(client, managed).json()["directory_opens_no_tasks"] is opens_none
    assert preview(client, other).json()["directory_opens_no_tasks"] is False
    [listed] = client.get(address_in(organization, "connections")).json()
    assert listed["opens_no_tasks"] is opens_none


def test_a_directory_that_is_let_in_no_more_manages_nobody(
    owner: Membership, client_of: ClientOf
) -> None:
    connection, _ = connect(owner.organization)
    managed = MembershipFactory.create(organization=owner.organization)
    manage(managed)
    disable(connection)

    assert preview(client_of(owner.user), managed).json()["managed_by"] is None


@pytest.mark.parametrize("how", ["created_by", "rotated_by", "previous_rotated_by"])
def test_it_names_the_webhook_endpoints_that_the_member_made_or_rotated(
    owner: Membership, client_of: ClientOf, how: str
) -> None:
    organization = owner.organization
    member = MembershipFactory.create(organization=organization)
    theirs = WebhookEndpointFactory.create(
        organization=organization, description="Payroll", **{how: member.user}
    )
    WebhookEndpointFactory.create(**{how: member.user})  # of another organization
    WebhookEndpointFactory.create(organization=organization, created_by=owner.user)

    shown = preview(client_of(owner.user), member).json()

    assert shown["webhook_endpoints"] == [{"id": theirs.pk, "description": "Payroll"}]


@pytest.mark.parametrize("how", ["created_by", "rotated_by", "previous_rotated_by"])
def test_it_names_the_connections_that_the_member_made_or_rotated(
    owner: Membership, client_of: ClientOf, how: str
) -> None:
    organization = owner.organization
    member = MembershipFactory.create(organization=organization)
    theirs, _ = connect_program(organization, **{how: member.user})
    connect_program(OrganizationFactory.create(), **{how: member.user})
    connect_program(organization, created_by=owner.user)
    disable(connect_program(organization, **{how: member.user})[0])

    shown = preview(client_of(owner.user), member).json()

    assert shown["connections"] == [{"id": theirs.pk, "name": "HR system"}]


def test_it_names_what_is_scheduled_for_the_member_and_by_them(
    owner: Membership, client_of: ClientOf
) -> None:
    admin, member = (
        MembershipFactory.create(organization=owner.organization, roles=[role])
        for role in ("Admin", "Member")
    )
    [of_admin] = schedule(admin)
    [of_member] = schedule(member, actor=admin.user, source=Source.API)
    assert of_admin.schedule
    assert of_member.schedule

    shown = preview(client_of(owner.user), admin).json()

    assert shown["scheduled_removal"]["id"] == of_admin.schedule.pk
    assert [item["id"] for item in shown["scheduled_for_others"]] == [of_member.schedule.pk]
    assert shown["scheduled_for_others"][0]["user_id"] == member.user_id


def test_nobody_finds_their_own_schedule_in_it(owner: Membership, client_of: ClientOf) -> None:
    admin, other = MembershipFactory.create_batch(
        2, organization=owner.organization, roles=["Admin"]
    )
    schedule(admin, actor=other.user, source=Source.API)

    own = preview(client_of(admin.user), admin).json()
    of_requester = preview(client_of(admin.user), other).json()

    assert own["scheduled_removal"] is None
    assert of_requester["scheduled_for_others"] == []


def test_it_does_nothing(owner: Membership, client_of: ClientOf) -> None:
    member = MembershipFactory.create(organization=owner.organization, roles=["Member"])

    preview(client_of(owner.user), member)

    assert member.role_assignments.count() == 1
    assert not Removal.objects.exists()
