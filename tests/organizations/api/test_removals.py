"""The records of removals, as the API shows them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Organization, Removal, Restoration, Source
from tests.conftest import ClientOf
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    WebhookEndpointFactory,
)
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in, ids, listed
from tests.removals import remove
from tests.schedules import schedule

MOMENT = datetime(2025, 12, 22, 15, 30, 0, 999_999, tzinfo=UTC)


@pytest.fixture
def client(client_holding: ClientHolding) -> APIClient:
    """A member who may look at the records, and no more."""
    return client_holding("view_audit_log")


def restore(removal: Removal, **fields: Any) -> Restoration:
    """Put the record of a restoration beside that of a removal."""
    membership = MembershipFactory.create(
        organization=removal.organization, user=removal.membership.user
    )
    return Restoration.objects.create(
        removal=removal,
        membership=membership,
        source=Source.API,
        roles=removal.roles,
        departments=[],
        resource_count=2,
        **fields,
    )


def test_a_record_says_who_when_what_and_to_whom(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    leaver = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[department]
    )
    role = leaver.role_assignments.get().role
    for type_name in ("repository", "document", "document"):
        ResourceFactory.create(organization=organization, owner=leaver.user, type=type_name)
    targets = Targets(owner.user_id, {"repository": department.pk})
    [outcome] = remove(
        leaver, transfer_to=targets, actor=owner.user, reason="Left", trace_id="case-1"
    )
    removal = Removal.objects.get()

    shown = client.get(address_in(organization, f"removals/{outcome.removal_id}")).json()

    assert shown == {
        "id": removal.pk,
        "organization_id": organization.pk,
        "user_id": leaver.user_id,
        "actor_id": owner.user_id,
        "connection_id": None,
        "source": "admin",
        "reason": "Left",
        "requested_at": f"{removal.requested_at:%Y-%m-%dT%H:%M:%SZ}",
        "removed_at": f"{removal.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "roles": [{"id": role.pk, "name": "Member"}],
        "departments": [{"id": department.pk, "name": department.name}],
        "resource_count": 3,
        "resources": [
            {
                "type": "document",
                "count": 2,
                "transferred_to_department_id": None,
                "transferred_to_user_id": owner.user_id,
            },
            {
                "type": "repository",
                "count": 1,
                "transferred_to_department_id": department.pk,
                "transferred_to_user_id": None,
            },
        ],
        "token_count": 0,
        "transferred_to_department_id": None,
        "transferred_to_user_id": owner.user_id,
        "trace_id": "case-1",
        "webhook_endpoints": [],
        "scheduled_for_others": [],
        "tasks": [],
        "open_task_count": 0,
        "restoration": None,
    }
    assert listed(client, organization, "removals")["items"] == [shown]


@pytest.mark.parametrize("how", ["created_by", "rotated_by", "previous_rotated_by"])
def test_a_record_names_the_webhook_endpoints_that_the_leaver_made_or_rotated(
    client: APIClient, organization: Organization, owner: Membership, how: str
) -> None:
    leaver = MembershipFactory.create(organization=organization)
    theirs = WebhookEndpointFactory.create_batch(
        2, organization=organization, description="Payroll", **{how: leaver.user}
    )
    WebhookEndpointFactory.create(**{how: leaver.user})  # of another organization
    WebhookEndpointFactory.create(organization=organization, created_by=owner.user)
    [outcome] = remove(leaver)

    shown = client.get(address_in(organization, f"removals/{outcome.removal_id}")).json()

    assert shown["webhook_endpoints"] == [
        {"id": endpoint.pk, "description": "Payroll"} for endpoint in theirs
    ]
    assert listed(client, organization, "removals")["items"] == [shown]


def test_a_record_names_what_the_leaver_scheduled_to_who_may_remove_those_members(
    client: APIClient, organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    leaver, admin = MembershipFactory.create_batch(2, organization=organization, roles=["Admin"])
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    elsewhere = MembershipFactory.create()
    moment = datetime(2999, 1, 1, 12, tzinfo=UTC)
    of_member, of_admin = (
        outcome.schedule
        for each in (member, admin)
        for outcome in schedule(each, remove_at=moment, actor=leaver.user, source=Source.API)
    )
    schedule(elsewhere, actor=leaver.user, source=Source.API)
    [outcome] = remove(leaver)
    assert of_member
    assert of_admin
    path = address_in(organization, f"removals/{outcome.removal_id}")

    def shown(reader: APIClient) -> list[dict[str, str]]:
        one: list[dict[str, str]] = reader.get(path).json()["scheduled_for_others"]
        [record] = listed(reader, organization, "removals")["items"]
        assert record["scheduled_for_others"] == one
        return one

    about_member = {
        "id": of_member.pk,
        "user_id": member.user_id,
        "remove_at": "2999-01-01T12:00:00Z",
    }
    assert shown(client_of(owner.user)) == [
        about_member,
        about_member | {"id": of_admin.pk, "user_id": admin.user_id},
    ]
    assert shown(client_of(admin.user)) == [about_member], "their own they do not see"
    assert shown(client) == [], "a reader who may remove nobody"


def test_a_record_carries_its_restoration(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    remove(MembershipFactory.create(organization=organization, roles=["Member"]))
    removal = Removal.objects.get()
    left_out = [{"id": "dept_old", "name": "Old", "reason": "deleted"}]
    restoration = restore(
        removal,
        actor=owner.user,
        departments_not_restored=left_out,
        tokens_not_restored=3,
        created_at=MOMENT,
        trace_id="case-2",
    )

    [shown] = listed(client, organization, "removals")["items"]

    assert shown["restoration"] == {
        "id": restoration.pk,
        "actor_id": owner.user_id,
        "connection_id": None,
        "source": "api",
        "trace_id": "case-2",
        "restored_at": "2025-12-22T15:30:00Z",
        "restored": {"roles": removal.roles, "departments": [], "resource_count": 2},
        "not_restored": {
            "roles": [],
            "departments": left_out,
            "resource_count": 0,
            "token_count": 3,
        },
    }


def test_the_newest_comes_first_and_pages_follow_by_the_last_id(
    client: APIClient, organization: Organization
) -> None:
    for member in MembershipFactory.create_batch(3, organization=organization):
        remove(member)
    remove(MembershipFactory.create())  # elsewhere
    newest, middle, oldest = ids(client, organization, "removals")

    assert newest > middle > oldest
    assert ids(client, organization, "removals", limit=1, after=newest) == [middle]
    assert ids(client, organization, "removals", skip=2) == [oldest]


def test_filters(client: APIClient, organization: Organization, owner: Membership) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    elsewhere = MembershipFactory.create()
    remove(first, actor=owner.user, trace_id="case-1")
    remove(second, trace_id="case-2")
    remove(elsewhere, actor=elsewhere.user, trace_id="case-3")
    one, other = (Removal.objects.get(membership=member).pk for member in (first, second))

    for query, found in (
        ({"user_id": first.user_id}, [one]),
        ({"actor_id": owner.user_id}, [one]),
        ({"trace_id": "case-2"}, [other]),
        ({"source": "admin"}, [other, one]),
        ({"source": "api"}, []),
        ({"from_date": "2025-01-01"}, [other, one]),
        ({"to_date": "2025-01-01"}, []),
        ({"user_id": second.user_id, "actor_id": owner.user_id}, []),
        ({"user_id": "malformed"}, []),
        ({"actor_id": "usr_unknown"}, []),
        ({"user_id": elsewhere.user_id}, []),
        ({"actor_id": elsewhere.user_id}, []),
        ({"trace_id": "case-3"}, []),
    ):
        assert ids(client, organization, "removals", **query) == found
