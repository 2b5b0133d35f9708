"""What programs do by the tokens of their connections, and how records name them (start.md)."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.domains.service import set_domains
from organizations.events.delivery import body_of
from organizations.guards.caller import Program
from organizations.models import (
    Connection,
    Event,
    Membership,
    Organization,
    Removal,
    Restoration,
    ScheduledRemoval,
    WebhookEndpoint,
)
from organizations.schedule.due import carry_out_due
from organizations.schedule.service import schedule_removals
from tests.factories import MembershipFactory, RoleFactory, UserFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.programs import client_with, connect_program, program_of
from tests.removals import remove


def test_a_program_removes_and_is_named_where_a_person_would_be(
    organization: Organization, member: Membership
) -> None:
    made, token = connect_program(organization, "remove_users", "view_audit_log")
    program = client_with(token)

    assert program.delete(address_of(member), {"confirm": True}).status_code == 204

    removal = Removal.objects.get()
    assert (removal.actor, removal.connection, removal.source) == (None, made, "api")
    event = Event.objects.get(type="member.removed")
    assert (event.actor, event.connection) == (None, made)
    for rows in ("removals", "audit-log"):
        path = address_in(organization, rows)
        [row] = program.get(path, {"connection_id": made.pk}).json()["items"]
        assert (row["actor_id"], row["connection_id"]) == (None, made.pk)
        assert program.get(path, {"connection_id": "con_other"}).json()["items"] == []


def test_a_restoration_and_a_schedule_name_the_program(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    made, token = connect_program(organization, "remove_users")
    program = client_with(token)
    other = MembershipFactory.create(organization=organization)
    remove(other)

    restored = program.post(f"{address_of(other)}/restore", {"confirm": True})
    due = (timezone.now() + timedelta(hours=1)).isoformat()
    scheduled = program.post(
        f"{address_of(member)}/scheduled-removal", {"confirm": True, "remove_at": due}
    )

    assert restored.status_code == 200
    assert Restoration.objects.get().connection == made
    assert (scheduled.json()["requested_by"], scheduled.json()["connection_id"]) == (None, made.pk)


def test_a_cancelled_schedule_and_its_event_name_the_program_that_cancelled_it(
    organization: Organization, as_owner: APIClient, member: Membership
) -> None:
    made, token = connect_program(organization, "remove_users")
    address = f"{address_of(member)}/scheduled-removal"
    due = (timezone.now() + timedelta(hours=1)).isoformat()
    assert as_owner.post(address, {"confirm": True, "remove_at": due}).status_code == 201

    assert client_with(token).delete(address).status_code == 204

    schedule = ScheduledRemoval.objects.get()
    assert (schedule.cancelled_by, schedule.cancelled_by_connection) == (None, made)
    event = Event.objects.get(type="removal.cancelled")
    assert (event.actor, event.connection) == (None, made)


def test_an_endpoint_and_what_it_hears_name_the_program_that_made_it(
    organization: Organization,
) -> None:
    made, token = connect_program(organization, "override_all_permissions")
    endpoints = address_in(organization, "webhook-endpoints")

    endpoint = client_with(token).post(endpoints, {"url": "https://8.8.8.8/hook"}).json()
    rotated = client_with(token).post(f"{endpoints}/{endpoint['id']}/rotate-secret")
    tested = client_with(token).post(f"{endpoints}/{endpoint['id']}/test")

    assert (rotated.status_code, tested.status_code) == (200, 202)
    assert (endpoint["created_by"], endpoint["connection_id"]) == (None, made.pk)
    stored = WebhookEndpoint.objects.get()
    assert (stored.connection, stored.rotated_by, stored.secret_version) == (made, None, 2)
    sent = json.loads(body_of(Event.objects.get()))["data"]
    assert (sent["actor_id"], sent["connection_id"]) == (None, made.pk)


@pytest.mark.parametrize("rows", ["removals", "audit-log"])
def test_an_export_has_what_one_connection_did(
    organization: Organization, as_owner: APIClient, member: Membership, rows: str
) -> None:
    made, token = connect_program(organization, "remove_users")
    remove(MembershipFactory.create(organization=organization))
    client_with(token).delete(address_of(member), {"confirm": True})

    response: Any = as_owner.get(
        address_in(organization, f"{rows}/export"), {"connection_id": made.pk}
    )

    [row] = csv.DictReader(StringIO(b"".join(response.streaming_content).decode()))
    assert (row["user_id"], row["actor_id"]) == (member.user_id, "")
    assert row["connection_id"] == made.pk


def test_a_program_invites_people_of_the_organizations_domains_alone(
    organization: Organization,
) -> None:
    set_domains(organization.pk, ["acme.example"])
    made, token = connect_program(organization, "invite_users")
    path = address_in(organization, "users/invite/v2")
    UserFactory.create(email="max@other.example")

    refused = client_with(token).post(path, {"email": "max@other.example", "full_name": "Max"})
    added = client_with(token).post(path, {"email": "nora@acme.example", "full_name": "Nora"})

    assert refusal(refused) == (403, "DOMAIN_NOT_ALLOWED")
    assert added.status_code == 201
    event = Event.objects.get(type="member.added")
    assert (event.user_id, event.actor, event.connection) == (added.json()["id"], None, made)


def test_no_role_that_grants_what_it_lacks_is_made_or_changed_or_given_by_a_program(
    organization: Organization, member: Membership
) -> None:
    program = program_of(organization, "manage_roles", "assign_roles")
    above = RoleFactory.create(organization=organization, capabilities=["manage_billing"])
    roles = address_in(organization, "roles")

    answers = [
        program.post(roles, {"name": "New", "capabilities": ["manage_billing"]}),
        program.patch(f"{roles}/{above.pk}", {"capabilities": ["manage_roles"]}),
        program.delete(f"{roles}/{above.pk}"),
        program.patch(
            f"{address_of(member)}/memberships", {"role_ids": [above.pk], "department_ids": []}
        ),
    ]

    assert [refusal(answer) for answer in answers] == [(403, "INSUFFICIENT_PERMISSIONS")] * 4


@pytest.mark.parametrize(
    ("change", "status", "failure"),
    [
        ({}, "done", ""),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "done", ""),
        ({"capabilities": ["view_audit_log"]}, "failed", "INSUFFICIENT_PERMISSIONS"),
        ({"disabled_at": "2020-01-01T00:00:00Z"}, "failed", "ORGANIZATION_ACCESS_DENIED"),
    ],
    ids=["as it was", "token expired", "capability taken", "revoked"],
)
def test_a_removal_that_a_program_scheduled_is_done_by_what_it_may_do_then(
    organization: Organization,
    owner: Membership,
    member: Membership,
    change: dict[str, Any],
    status: str,
    failure: str,
) -> None:
    made, _ = connect_program(organization, "remove_users")
    schedule_removals(
        organization.pk,
        [member.user_id],
        remove_at=timezone.now(),
        transfer_to=None,
        caller=Program(connection=made),
    )
    Connection.objects.filter(pk=made.pk).update(**change)

    carry_out_due()

    due = ScheduledRemoval.objects.get()
    assert (due.status, due.failure) == (status, failure)
    assert [r.connection for r in Removal.objects.all()] == [made] * (status == "done")


def test_nobody_with_a_capability_that_it_lacks_is_removed_by_a_program(
    organization: Organization, owner: Membership
) -> None:
    role = RoleFactory.create(organization=organization, capabilities=["manage_billing"])
    above = MembershipFactory.create(organization=organization, roles=[role])

    response = program_of(organization, "remove_users").delete(address_of(above), {"confirm": True})

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert response.json()["error"]["details"] == {"required_capabilities": ["manage_billing"]}


def test_a_program_makes_nobody_an_owner(organization: Organization, member: Membership) -> None:
    program = program_of(organization, "override_all_permissions")
    role = organization.roles.get(name="Owner")

    response = program.patch(
        f"{address_of(member)}/memberships", {"role_ids": [role.pk], "department_ids": []}
    )

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")


def test_a_program_is_told_what_it_is_and_where(organization: Organization) -> None:
    made, token = connect_program(organization, "view_audit_log", "remove_users")

    assert client_with(token).get("/v1/user/me").json() == {
        "connection_id": made.pk,
        "name": "HR system",
        "organizations": [
            {
                "id": organization.pk,
                "name": organization.name,
                "role_ids": [],
                "department_ids": [],
                "capabilities": ["remove_users", "view_audit_log"],
            }
        ],
    }
