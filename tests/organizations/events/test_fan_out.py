"""Jobs that hang on events: none without a listener, one for a transaction, gone with it."""

import json
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.events.delivery import PRIORITY, SEND
from organizations.events.fan_out import IN_TURN, deliver_to_endpoints
from organizations.events.tasks import delete_old_deliveries
from organizations.models import Event, Membership, Organization, Source, WebhookDelivery
from organizations.models.webhook import WebhookEndpoint
from tests.clocks import set_clock_ahead
from tests.concurrency import in_background, result_after
from tests.factories import MembershipFactory, OrganizationFactory
from tests.removals import remove

pytestmark = pytest.mark.django_db


def endpoint_of(organization: Organization) -> WebhookEndpoint:
    """Make an endpoint that nothing is sent to here."""
    return WebhookEndpoint.objects.create(organization=organization, url="https://1.1.1.1/")


def disable(endpoint: WebhookEndpoint) -> None:
    endpoint.disable(WebhookEndpoint.DisabledReason.ASKED, timezone.now())
    endpoint.save()


def record(organization: Organization, number: int = 1) -> list[Event]:
    """Record events of an organization in one statement."""
    return Event.objects.bulk_create(
        Event(organization=organization, type="member.updated", source=Source.ADMIN)
        for _ in range(number)
    )


def announced() -> list[list[str]]:
    """Return the events that each fan-out job names."""
    jobs = ProcrastinateJob.objects.filter(task_name="organizations.events.tasks.fan_out")
    in_order = jobs.order_by("pk").values_list("args", flat=True)
    return [sorted(args["event_ids"]) for args in in_order]


def ids_of(*several: list[Event]) -> list[str]:
    """Return the ids of events."""
    return sorted(event.pk for events in several for event in events)


def test_without_an_endpoint_nothing_is_deferred(owner: Membership) -> None:
    endpoint_of(OrganizationFactory.create())
    disable(endpoint_of(owner.organization))

    remove(MembershipFactory.create(organization=owner.organization))

    assert not ProcrastinateJob.objects.exists()


def test_without_an_endpoint_an_event_costs_one_look_into_an_index(owner: Membership) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # of a table that has grown
        cursor.execute(
            "EXPLAIN (FORMAT JSON) SELECT FROM organizations_event AS logged"
            " WHERE organization_id IN (SELECT organization_id FROM"
            " organizations_webhookendpoint WHERE disabled_at IS NULL) AND id = 'evt_1'"
        )
        plan = json.dumps(cursor.fetchone())

    assert "webhook_endpoint_enabled" in plan


@pytest.mark.django_db(transaction=True)
def test_a_transaction_defers_one_job_however_many_events_and_endpoints_it_has() -> None:
    organizations = OrganizationFactory.create_batch(2)
    for organization in organizations * 3:
        endpoint_of(organization)
    with transaction.atomic():
        several = [record(organization, 5) for organization in organizations * 2]
    another = record(organizations[0])

    assert announced() == [ids_of(*several), ids_of(another)]


@pytest.mark.django_db(transaction=True)
def test_there_is_no_job_without_the_change() -> None:
    organization = OrganizationFactory.create()
    endpoint_of(organization)
    with transaction.atomic():
        record(organization)
        transaction.set_rollback(True)
    with transaction.atomic():
        done = record(organization)
        with transaction.atomic():
            record(organization)
            transaction.set_rollback(True)

    assert announced() == [ids_of(done)]


def test_a_removal_of_many_defers_one_job(owner: Membership) -> None:
    endpoint_of(owner.organization)
    members = MembershipFactory.create_batch(5, organization=owner.organization)

    remove(*members)

    [event_ids] = announced()
    assert len(event_ids) == 5


def test_deliveries_are_made_and_deferred_by_as_many_statements_for_many(
    organization: Organization,
) -> None:
    statements = []
    for number in (20, 200):
        events = record(organization, number)
        endpoint_of(organization)
        with CaptureQueriesContext(connection) as captured:
            deliver_to_endpoints(ids_of(events))
        statements.append(len(captured))

    assert statements[0] == statements[1]
    assert WebhookDelivery.objects.count() == 20 + 2 * 200


def test_deliveries_are_for_the_enabled_endpoints_of_each_events_organization() -> None:
    organizations = OrganizationFactory.create_batch(2)
    for organization in organizations:
        endpoint_of(organization)
        disable(endpoint_of(organization))
    events = [record(organization) for organization in organizations]

    deliver_to_endpoints(ids_of(*events))

    made = WebhookDelivery.objects.values_list("endpoint__organization", "event__organization")
    assert sorted(made) == sorted((each.pk, each.pk) for each in organizations)
    assert not WebhookDelivery.objects.filter(endpoint__disabled_at__isnull=False).exists()


def test_done_twice_it_makes_and_defers_nothing_twice(organization: Organization) -> None:
    endpoint_of(organization)
    events = record(organization, 3)
    for _ in range(2):
        deliver_to_endpoints(ids_of(events))

    sends = ProcrastinateJob.objects.filter(task_name=SEND)
    assert sends.count() == WebhookDelivery.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_worker_defers_what_it_is_to_send_in_the_transaction_that_makes_it() -> None:
    organization = OrganizationFactory.create()
    endpoint_of(organization)
    event_ids = ids_of(record(organization))
    sends = ProcrastinateJob.objects.filter(task_name=SEND)

    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()), transaction.atomic():
        deliver_to_endpoints(event_ids)
        with in_background(sends.count) as seen_by_others:
            assert seen_by_others.result() == 0
        transaction.set_rollback(True)

    assert not sends.exists()
    assert not WebhookDelivery.objects.exists()


def test_what_waits_for_receivers_lets_everything_else_go_first(organization: Organization) -> None:
    endpoint_of(organization)
    deliver_to_endpoints(ids_of(record(organization)))

    priorities = dict(ProcrastinateJob.objects.values_list("task_name", "priority"))
    assert priorities == {
        "organizations.events.tasks.fan_out": 0,
        "organizations.events.tasks.send": -10,
    }


def test_an_endpoint_with_a_backlog_lets_the_others_go_first(organization: Organization) -> None:
    slow = endpoint_of(organization)
    deliver_to_endpoints(ids_of(record(organization, IN_TURN + 5)))
    other = endpoint_of(organization)
    deliver_to_endpoints(ids_of(record(organization)))

    # In the order in which workers take them.
    jobs = ProcrastinateJob.objects.filter(task_name=SEND).order_by("-priority", "pk")
    ids = [args["delivery_id"] for args in jobs.values_list("args", flat=True)]
    endpoint_ids = dict(WebhookDelivery.objects.values_list("pk", "endpoint"))
    assert [endpoint_ids[each] for each in ids] == [*[slow.pk] * IN_TURN, other.pk, *[slow.pk] * 6]


def test_an_endpoint_that_has_caught_up_waits_in_turn_again(organization: Organization) -> None:
    endpoint_of(organization)
    deliver_to_endpoints(ids_of(record(organization, IN_TURN + 1)))
    WebhookDelivery.objects.update(status="delivered", delivered_at=timezone.now())
    [event] = record(organization)
    deliver_to_endpoints([event.pk])

    delivery = WebhookDelivery.objects.get(event=event)
    assert ProcrastinateJob.objects.get(args__delivery_id=delivery.pk).priority == PRIORITY


def test_deliveries_are_kept_30_days_and_events_for_ever(organization: Organization) -> None:
    endpoint_of(organization)
    deliver_to_endpoints(ids_of(record(organization, 2)))
    old, recent = WebhookDelivery.objects.all()
    for delivery, days in ((old, 31), (recent, 29)):
        delivery.created_at = timezone.now() - timedelta(days=days)
        delivery.save()

    delete_old_deliveries(timestamp=0)

    assert WebhookDelivery.objects.get() == recent
    assert Event.objects.count() == 2


def test_by_a_wrong_clock_of_the_worker_no_delivery_is_deleted(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint_of(organization)
    deliver_to_endpoints(ids_of(record(organization)))
    set_clock_ahead(monkeypatch)

    delete_old_deliveries(timestamp=0)

    assert WebhookDelivery.objects.get().status == "pending"


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_that_is_deleted_meanwhile_is_left_out(organization: Organization) -> None:
    deleted, kept = endpoint_of(organization), endpoint_of(organization)
    [event] = record(organization)

    result_after(deleted.delete, lambda: deliver_to_endpoints([event.pk]))

    delivery = WebhookDelivery.objects.get()
    assert (delivery.endpoint, delivery.event) == (kept, event)
