"""Old events go where RETENTION_DAYS says so, and whoever follows the log is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from organizations.api import audit_log_pagination
from organizations.audit_log.positions import End, give_positions
from organizations.models import (
    Event,
    EventPosition,
    Membership,
    OffboardingTask,
    Organization,
    Removal,
)
from organizations.retention.service import delete_old, delete_old_events, permit_deletion
from tests.clocks import set_clock_ahead
from tests.conftest import ClientOf
from tests.directories import connect
from tests.factories import (
    EventFactory,
    MembershipFactory,
    OffboardingTaskFactory,
    UserFactory,
    WebhookDeliveryFactory,
    WebhookEndpointFactory,
)
from tests.organizations.audit_log.followers import follow, page, refused_page
from tests.refusals import refused, sql
from tests.removals import remove

pytestmark = pytest.mark.django_db

KEPT_FROM = timezone.now() - timedelta(days=365)


@pytest.fixture
def client(owner: Membership, client_of: ClientOf) -> APIClient:
    """A reader of the log."""
    return client_of(owner.user)


def events(organization: Organization, number: int, *, days: int = 400, **fields: Any) -> list[str]:
    """Log so many events of so many days ago; return their ids."""
    at = timezone.now() - timedelta(days=days)
    logged = EventFactory.create_batch(number, organization=organization, created_at=at, **fields)
    return [event.pk for event in logged]


def left() -> set[str]:
    """Return the ids of the events that there are."""
    return set(Event.objects.values_list("pk", flat=True))


def truncate(organization: Organization, kept_from: datetime = KEPT_FROM) -> None:
    delete_old_events(organization.pk, kept_from=kept_from)


def test_of_old_events_those_of_members_stay(settings: Settings, owner: Membership) -> None:
    settings.RETENTION_DAYS = 365
    deactivated = MembershipFactory.create(
        organization=owner.organization, deactivated_at=timezone.now()
    )
    leaver = MembershipFactory.create(organization=owner.organization)
    remove(leaver)
    elsewhere = MembershipFactory.create(user=leaver.user)
    of_members = [
        event
        for member in (owner, deactivated, elsewhere)
        for event in events(member.organization, 1, user=member.user)
    ]
    young = events(owner.organization, 1, user=leaver.user, days=364)
    before = left()
    gone = {
        *events(owner.organization, 2, user=leaver.user),
        *events(owner.organization, 1, user=UserFactory.create()),
        *events(owner.organization, 1, actor=owner.user),
    }

    delete_old()

    assert left() == before
    assert {*of_members, *young} <= before
    assert not gone & before


def test_without_the_setting_nothing_goes(settings: Settings, organization: Organization) -> None:
    assert settings.RETENTION_DAYS is None
    old = events(organization, 1, days=5_000)

    delete_old()

    assert left() == set(old)


def test_nothing_goes_by_a_wrong_clock_of_the_worker(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, organization: Organization
) -> None:
    settings.RETENTION_DAYS = 365
    [event] = events(organization, 1, days=364)

    set_clock_ahead(monkeypatch)
    delete_old()

    assert left() == {event}


@pytest.mark.parametrize(("days", "stays"), [(59, True), (61, False)])
@pytest.mark.parametrize("reader", ["restore window", "directory"])
def test_nothing_goes_that_a_rule_may_read(
    settings: Settings, organization: Organization, reader: str, days: int, stays: bool
) -> None:
    settings.RETENTION_DAYS = 30
    settings.RESTORE_WINDOW_DAYS = 60 if reader == "restore window" else 0
    if reader == "directory":
        connect(organization, remove_after_days=60)
    [event] = events(organization, 1, days=days)

    delete_old()

    assert (event in left()) == stays


def test_what_is_still_to_be_delivered_stays(organization: Organization) -> None:
    endpoint = WebhookEndpointFactory.create(organization=organization)
    waiting, _ = events(organization, 2)
    WebhookDeliveryFactory.create(endpoint=endpoint, event=Event.objects.get(pk=waiting))

    truncate(organization)

    assert left() == {waiting}


def test_a_reader_who_has_not_read_all_that_is_deleted_is_told(
    client: APIClient, organization: Organization
) -> None:
    nothing = page(client, organization)["next"]
    events(organization, 4)
    young = events(organization, 2, days=1)
    first = page(client, organization, limit=1)["next"]
    _, before_last = follow(client, organization, limit=4)
    truncate(organization)

    for cursor in (nothing, first):
        assert refused_page(client, organization, cursor=cursor) == (410, "LOG_TRUNCATED")
    assert follow(client, organization, before_last)[0] == []
    assert follow(client, organization)[0] == young  # who begins reads what is left


def test_a_reader_of_all_that_is_deleted_reads_on(
    client: APIClient, organization: Organization
) -> None:
    events(organization, 3)
    _, cursor = follow(client, organization)
    for _ in range(2):
        truncate(organization)
        assert EventPosition.objects.count() == 1  # the last one, by which the reader is known
        later = events(organization, 2)

        found, cursor = follow(client, organization, cursor)

        assert found == later


def test_a_log_with_gaps_is_read_to_its_end(
    client: APIClient,
    organization: Organization,
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(audit_log_pagination, "SEEN_AT_ONCE", 2)
    kept = events(organization, 1, user=owner.user)
    events(organization, 5)
    kept += events(organization, 1, user=owner.user)
    events(organization, 5)
    follow(client, organization)
    truncate(organization)

    assert follow(client, organization)[0] == kept
    assert follow(client, organization, limit=1)[0] == kept


def test_what_is_deleted_while_a_page_is_read_is_told_too(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    events(organization, 1)
    _, cursor = follow(client, organization)
    events(organization, 2)

    def meanwhile(organization_id: str) -> End:
        truncate(organization)
        return give_positions(organization_id)

    monkeypatch.setattr(audit_log_pagination, "give_positions", meanwhile)
    events(organization, 1, days=1)

    assert refused_page(client, organization, cursor=cursor) == (410, "LOG_TRUNCATED")


def test_of_a_log_that_nobody_follows_no_event_gets_a_position(organization: Organization) -> None:
    events(organization, 3)
    truncate(organization)
    events(organization, 1, days=1)
    truncate(organization)

    assert len(left()) == 1
    assert not EventPosition.objects.exists()


def permit() -> None:
    """Let the rest of the test's transaction delete what is old, as the service does."""
    with connection.cursor() as cursor:
        permit_deletion(cursor, KEPT_FROM)


@pytest.mark.parametrize(("days", "is_member"), [(400, True), (364, False)])
def test_the_database_deletes_no_event_of_a_member_and_no_young_one(
    owner: Membership, days: int, is_member: bool
) -> None:
    events(owner.organization, 1, days=days, user=owner.user if is_member else None)
    permit()
    with refused("Cannot delete rows from organizations_event"):
        sql("DELETE FROM organizations_event")


def test_the_database_deletes_no_position_that_a_reader_needs(
    client: APIClient, organization: Organization
) -> None:
    events(organization, 2)
    follow(client, organization)
    truncate(organization)
    with refused("Cannot delete rows from organizations_eventposition"):
        sql("DELETE FROM organizations_eventposition")


@pytest.mark.parametrize("state", ["open", "done"])
def test_the_database_deletes_no_task_that_is_open_or_was_closed_recently(state: str) -> None:
    closed_at = None if state == "open" else timezone.now() - timedelta(days=364)
    OffboardingTaskFactory.create(state=state, closed_at=closed_at)
    permit()
    with refused("Cannot delete rows from organizations_offboardingtask"):
        sql("DELETE FROM organizations_offboardingtask")


def test_tasks_that_were_closed_long_ago_go_and_no_record(settings: Settings) -> None:
    settings.RETENTION_DAYS = 365
    open_task = OffboardingTaskFactory.create()
    old, recent = (
        OffboardingTaskFactory.create(
            removal=open_task.removal, state="done", closed_at=timezone.now() - timedelta(days=days)
        )
        for days in (366, 364)
    )

    delete_old()

    assert set(OffboardingTask.objects.all()) == {open_task, recent}
    assert Removal.objects.get() == old.removal
