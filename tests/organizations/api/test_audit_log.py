"""The log of changes, as the API shows it."""

import pytest
from rest_framework.test import APIClient

from organizations.models import Event, Membership, Organization, Removal, Source
from tests.deactivations import deactivate
from tests.directories import connect
from tests.factories import MembershipFactory
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import ids, listed
from tests.removals import remove


@pytest.fixture
def client(client_holding: ClientHolding) -> APIClient:
    """A member who may look at the log, and no more."""
    return client_holding("view_audit_log")


def test_a_record_and_its_event_name_the_directory(
    client: APIClient, organization: Organization
) -> None:
    connection, _ = connect(organization)
    remove(MembershipFactory.create(organization=organization), connection=connection)

    for path in ("audit-log", "removals"):
        [item] = listed(client, organization, path)["items"]
        assert item["source"] == "scim"
        assert (item["actor_id"], item["connection_id"]) == (None, connection.pk)


def test_an_event_says_who_when_and_what(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=organization)
    remove(leaver, actor=owner.user, reason="Left", trace_id="case-1")
    event, removal = Event.objects.get(), Removal.objects.get()

    assert listed(client, organization, "audit-log") == {
        "items": [
            {
                "id": event.pk,
                "type": "member.removed",
                "organization_id": organization.pk,
                "user_id": leaver.user_id,
                "actor_id": owner.user_id,
                "connection_id": None,
                "source": "admin",
                "trace_id": "case-1",
                "created_at": f"{event.created_at:%Y-%m-%dT%H:%M:%SZ}",
                "reason": "",
                "data": {"removal_id": removal.pk},
            }
        ],
        "total": 1,
        "skip": 0,
        "limit": 50,
        "has_more": False,
    }


def test_filters(client: APIClient, organization: Organization, owner: Membership) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    deactivate(first, actor=owner.user, trace_id="case-1", reason="Leave")
    remove(second, trace_id="case-2")
    elsewhere = MembershipFactory.create()
    remove(elsewhere, actor=elsewhere.user, trace_id="case-2")
    deactivated = Event.objects.get(type="member.deactivated").pk
    removed = Event.objects.get(user=second.user_id).pk

    for query, found in (
        ({}, [removed, deactivated]),
        ({"type": "member.removed"}, [removed]),
        ({"type": ["member.removed", "member.deactivated"]}, [removed, deactivated]),
        ({"type": "member.added"}, []),
        ({"user_id": first.user_id}, [deactivated]),
        ({"actor_id": owner.user_id}, [deactivated]),
        ({"trace_id": "case-2"}, [removed]),
        ({"source": "api"}, []),
        ({"to_date": "2025-01-01"}, []),
        ({"after": removed}, [deactivated]),
        ({"user_id": "usr_unknown"}, []),
        ({"user_id": elsewhere.user_id}, []),
        ({"actor_id": elsewhere.user_id}, []),
    ):
        assert ids(client, organization, "audit-log", **query) == found


def test_an_event_of_nobody_has_nobody(client: APIClient, organization: Organization) -> None:
    Event.objects.create(
        type=Event.Type.MEMBER_UPDATED, organization=organization, source=Source.COMMAND
    )

    [shown] = listed(client, organization, "audit-log")["items"]

    assert (shown["user_id"], shown["actor_id"], shown["data"]) == (None, None, {})
