"""What reaches an endpoint of the events that it wants to hear of."""

from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from structlog.testing import capture_logs

from organizations.events.delivery import attempt, defer_sending
from organizations.events.endpoints import change_endpoint, redeliver
from organizations.events.signature import secret_of
from organizations.guards.caller import Operator
from organizations.handover.closing import State
from organizations.models import (
    Event,
    Membership,
    Organization,
    Removal,
    Source,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.factories import MembershipFactory, OffboardingStepFactory, WebhookDeliveryFactory
from tests.organizations.handover.verbs import change, removed
from tests.organizations.restoration.verbs import restore
from tests.receivers import RECEIVED, Receiver, answering, in_turn, receiver
from tests.removals import remove
from tests.workers import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Membership:
    """Somebody who can be removed."""
    return MembershipFactory.create()


def endpoint_of(organization: Organization, heard: Receiver, **fields: Any) -> WebhookEndpoint:
    """Make an endpoint at a receiver."""
    return WebhookEndpoint.objects.create(organization=organization, url=heard.url, **fields)


def record(organization: Organization, **fields: Any) -> Event:
    """Record an event of an organization."""
    return Event.objects.create(
        organization=organization,
        **{"type": Event.Type.MEMBER_UPDATED, "source": Source.ADMIN} | fields,
    )


@pytest.mark.parametrize("status", [204, 500])
def test_an_attempt_is_a_line_of_the_log_with_ids_and_no_address(
    member: Membership, status: int
) -> None:
    with receiver(answering(status)) as heard:
        endpoint = endpoint_of(member.organization, heard)
        remove(member, trace_id="trace-1")

        with capture_logs() as logged:
            work()

    delivery = WebhookDelivery.objects.get()
    [line] = [line for line in logged if line["event"] == "webhook_delivery"]
    assert line.pop("duration_ms") > 0
    assert line == {
        "event": "webhook_delivery",
        "log_level": "info",
        "delivery_id": delivery.pk,
        "endpoint_id": endpoint.pk,
        "organization_id": member.organization_id,
        "event_id": delivery.event_id,
        "trace_id": "trace-1",
        "attempt": 1,
        "delivery_status": "delivered" if status == 204 else "pending",
        "status": status,
        "error": "" if status == 204 else "status",
    }


def test_a_removal_arrives_signed_and_names_nobody(member: Membership) -> None:
    actor = MembershipFactory.create(organization=member.organization, roles=["Owner"]).user
    OffboardingStepFactory.create(organization=member.organization, key="laptop")
    with receiver() as heard:
        endpoint = endpoint_of(member.organization, heard)
        remove(member, actor=actor, reason="Mr X was rude", trace_id="trace-1")

        work()

    [body] = heard.events(secret_of(endpoint, 1))
    event, removal = Event.objects.get(), Removal.objects.get()
    assert set(body) == {"type", "timestamp", "data"}
    assert body["type"] == "member.removed"
    assert datetime.fromisoformat(body["timestamp"]) == event.created_at.replace(microsecond=0)
    assert body["data"] == {
        **event.data,
        "removal_id": removal.pk,
        "organization_id": member.organization_id,
        "user_id": member.user_id,
        "actor_id": actor.pk,
        "connection_id": None,
        "source": "admin",
        "trace_id": "trace-1",
        "resources": [],
        "task_keys": ["laptop"],
    }
    [(headers, sent)] = heard.requests
    for private in (member.user.email, member.user.full_name, "rude"):
        assert private not in str(headers) + sent.decode()
    assert headers["webhook-id"] == event.pk
    assert headers["content-type"] == "application/json"
    assert abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 60


def test_a_restoration_names_the_removal_and_the_tasks_that_it_cancelled(
    member: Membership,
) -> None:
    for key in ("laptop", "payroll", "badge"):
        OffboardingStepFactory.create(organization=member.organization, key=key)
    badge, laptop, payroll = removed(member)
    change(badge)
    change(payroll, State.FAILED)
    with receiver() as heard:
        endpoint = endpoint_of(member.organization, heard)
        restore(member)

        work()

    [body] = heard.events(secret_of(endpoint, 1))
    assert body["type"] == "member.restored"
    assert body["data"]["removal_id"] == laptop.removal_id
    assert body["data"]["cancelled_task_keys"] == ["laptop", "payroll"]


def test_it_is_recorded_on_the_delivery_and_its_endpoint(member: Membership) -> None:
    with receiver() as heard:
        endpoint = endpoint_of(member.organization, heard)
        remove(member)
        work()

    delivery = WebhookDelivery.objects.get()
    assert (delivery.status, delivery.attempts, delivery.last_status_code) == ("delivered", 1, 204)
    assert (delivery.last_error, delivery.next_attempt_at) == ("", None)
    endpoint.refresh_from_db()
    assert endpoint.last_success_at == delivery.delivered_at
    assert endpoint.failing_since is None


def test_after_a_rotation_both_secrets_sign(member: Membership) -> None:
    until = timezone.now() + timedelta(hours=1)
    with receiver() as heard:
        endpoint = endpoint_of(
            member.organization, heard, secret_version=2, previous_secret_until=until
        )
        record(member.organization)
        work()

    for version in (1, 2):
        assert heard.events(secret_of(endpoint, version))


@pytest.mark.parametrize(
    ("wanted", "arrived"),
    [
        ([], ["member.removed", "member.updated"]),
        (["member.removed"], ["member.removed"]),
        (["member.added", "member.updated"], ["member.updated"]),
        (["member.added"], []),
    ],
)
def test_an_endpoint_hears_of_the_types_it_names(
    member: Membership, wanted: list[str], arrived: list[str]
) -> None:
    with receiver() as heard:
        endpoint = endpoint_of(member.organization, heard, event_types=wanted)
        record(member.organization)
        remove(member)
        work()

    assert sorted(event["type"] for event in heard.events(secret_of(endpoint, 1))) == arrived


def test_every_endpoint_hears_of_it_under_one_id_and_one_that_fails_keeps_no_other_from_it(
    member: Membership,
) -> None:
    with receiver(answering(500)) as failing, receiver() as heard:
        endpoint_of(member.organization, failing)
        endpoint_of(member.organization, heard)
        remove(member)
        work()

    assert failing.ids == heard.ids == [Event.objects.get().pk]
    assert sorted(WebhookDelivery.objects.values_list("status", flat=True)) == [
        "delivered",
        "pending",
    ]


def test_what_is_pending_is_sent_if_the_endpoint_is_enabled_before_it_is_due(
    member: Membership,
) -> None:
    with receiver(answering(500)) as heard:
        endpoint_of(member.organization, heard)
        remove(member)
        work()
        WebhookEndpoint.objects.update(disabled_at=timezone.now(), disabled_reason="asked")
        WebhookEndpoint.objects.update(disabled_at=None, disabled_reason="")
        work(until=timezone.now() + timedelta(minutes=1))

    assert len(heard.requests) > 1


@pytest.mark.parametrize("left", [["failed"], []], ids=["disabled", "deleted"])
def test_an_endpoint_that_is_disabled_or_deleted_meanwhile_is_sent_nothing_more(
    member: Membership, left: list[str]
) -> None:
    with receiver(answering(500)) as heard:
        endpoint_of(member.organization, heard)
        remove(member)
        work()
        if left:
            WebhookEndpoint.objects.update(disabled_at=timezone.now(), disabled_reason="asked")
        else:
            WebhookEndpoint.objects.get().delete()
        work(until=timezone.now() + timedelta(days=1))

    assert len(heard.requests) == 1
    assert list(WebhookDelivery.objects.values_list("status", flat=True)) == left


def test_a_delivery_that_is_deleted_while_it_is_sent_is_over(member: Membership) -> None:
    def delete(handler: BaseHTTPRequestHandler) -> None:
        WebhookDelivery.objects.all().delete()
        connection.close()
        RECEIVED(handler)

    with receiver(delete) as heard:
        delivery = WebhookDeliveryFactory.create(endpoint=endpoint_of(member.organization, heard))

        assert attempt(delivery.pk) is None
    assert len(heard.requests) == 1


@pytest.mark.parametrize("status", [500, 410])
def test_what_a_redelivery_delivers_meanwhile_stays_delivered(
    member: Membership, status: int
) -> None:
    def redeliver_first(handler: BaseHTTPRequestHandler) -> None:
        redeliver(member.organization_id, endpoint.pk, [delivery.pk], caller=Operator())
        attempt(delivery.pk)
        connection.close()
        answering(status)(handler)

    with receiver(in_turn(redeliver_first, RECEIVED)) as heard:
        endpoint = endpoint_of(member.organization, heard)
        delivery = WebhookDeliveryFactory.create(endpoint=endpoint)

        assert attempt(delivery.pk) is None

    assert len(heard.requests) == 2
    delivery.refresh_from_db()
    assert (delivery.status, delivery.attempts) == ("delivered", 1)
    assert delivery.next_attempt_at is None


@pytest.mark.parametrize("status", [410, 429, 500])
def test_what_fails_at_the_url_of_before_is_sent_to_the_new_one_which_did_not_fail(
    member: Membership, status: int
) -> None:
    def move_first(handler: BaseHTTPRequestHandler) -> None:
        change_endpoint(member.organization_id, endpoint.pk, caller=Operator(), url=heard.url)
        connection.close()
        answering(status)(handler)

    with receiver(move_first) as before, receiver() as heard:
        endpoint = endpoint_of(member.organization, before)
        delivery = WebhookDeliveryFactory.create(endpoint=endpoint)

        assert attempt(delivery.pk)
        endpoint.refresh_from_db()
        assert (endpoint.disabled_reason, endpoint.failing_since) == ("", None)
        assert endpoint.held_until is None
        WebhookDelivery.objects.update(next_attempt_at=timezone.now())
        assert attempt(delivery.pk) is None

    assert heard.ids == [delivery.event_id]


def test_a_second_job_of_a_delivery_sends_nothing_a_second_time(member: Membership) -> None:
    with receiver(answering(500)) as heard:
        endpoint_of(member.organization, heard)
        remove(member)
        work()
        defer_sending([WebhookDelivery.objects.get().pk])  # as a redelivery does

        work(until=timezone.now() + timedelta(seconds=10))

    assert len(heard.requests) == 2
    assert WebhookDelivery.objects.get().attempts == 2


def test_a_test_event_is_for_its_endpoint_alone(member: Membership) -> None:
    with receiver() as heard:
        endpoint_of(member.organization, heard)
        record(member.organization, type=Event.Type.WEBHOOK_TEST)
        work()

    assert heard.requests == []
