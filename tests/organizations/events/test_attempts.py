"""When a delivery is tried again, and when no more."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.http import http_date
from pytest_django import DjangoAssertNumQueries

from organizations.events.connection import Answer
from organizations.events.delivery import defer_sending, next_attempt, take_up_abandoned
from organizations.events.endpoints import change_endpoint
from organizations.events.tasks import take_up_deliveries
from organizations.guards.caller import Operator
from organizations.models import Event, WebhookDelivery, WebhookEndpoint
from tests.factories import MembershipFactory, WebhookDeliveryFactory, WebhookEndpointFactory
from tests.receivers import RECEIVED, Behaviour, answering, in_turn, receiver
from tests.refusals import sql
from tests.removals import remove
from tests.workers import work

NOW = datetime(2026, 11, 1, tzinfo=UTC)
FAILED = Answer(500, error="status")
SECOND, MINUTE, HOUR, DAY = (
    timedelta(seconds=1),
    timedelta(minutes=1),
    timedelta(hours=1),
    timedelta(days=1),
)
WAITS = [
    *(5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR),
    *(10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR),
]


@pytest.mark.parametrize(("attempts", "wait"), list(enumerate(WAITS, start=1)))
def test_each_wait_is_the_specifications_with_jitter(attempts: int, wait: timedelta) -> None:
    waits = {(next_attempt(attempts, FAILED, NOW) or NOW) - NOW for _ in range(50)}

    assert all(0.9 * wait <= each <= 1.1 * wait for each in waits)
    assert len(waits) > 1


def test_after_the_tenth_attempt_there_is_none() -> None:
    assert next_attempt(10, FAILED, NOW) is None


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ("120", 2 * MINUTE),
        (http_date((NOW + HOUR).timestamp()), HOUR),
        ("86400", DAY),
        ("86401", DAY),
        (str(10**30), DAY),
        (http_date((NOW + 30 * DAY).timestamp()), DAY),
    ],
)
def test_the_receiver_says_how_long_to_wait_up_to_a_day(header: str, wait: timedelta) -> None:
    at = next_attempt(1, Answer(429, error="status", retry_after=header), NOW)

    assert at == NOW + wait


@pytest.mark.parametrize(
    "header",
    [
        *("", "1", "0", "-5", "soon", "1.5", "\u0661\u0662\u0660", "Sun, 99 Nov 2026 00:00:00 GMT"),
        http_date((NOW - HOUR).timestamp()),
    ],
)
def test_what_is_shorter_or_no_time_changes_nothing(header: str) -> None:
    at = next_attempt(1, Answer(503, error="status", retry_after=header), NOW)

    assert at is not None
    assert 4.5 * SECOND <= at - NOW <= 5.5 * SECOND


def attempted(behaviour: Behaviour, *moments: timedelta) -> tuple[WebhookDelivery, list[str]]:
    """Remove somebody, let a worker work now and at these moments; return what became of it."""
    member = MembershipFactory.create()
    with receiver(behaviour) as heard:
        WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        remove(member)
        work()
        for moment in moments:
            work(until=timezone.now() + moment)
    return WebhookDelivery.objects.select_related("endpoint").get(), heard.ids


@pytest.mark.django_db(transaction=True)
class TestDelivery:
    """A delivery and its endpoint, by what the receiver answers."""

    def test_a_failure_is_recorded_and_tried_again(self) -> None:
        delivery, _ = attempted(answering(503))

        assert (delivery.status, delivery.attempts) == ("pending", 1)
        assert (delivery.last_status_code, delivery.last_error) == (503, "status")
        assert delivery.next_attempt_at
        assert timedelta(0) < delivery.next_attempt_at - timezone.now() < 6 * SECOND
        assert delivery.endpoint.failing_since
        assert delivery.endpoint.is_enabled

    def test_it_is_delivered_by_the_second_attempt_under_the_same_id(self) -> None:
        delivery, ids = attempted(in_turn(answering(500), RECEIVED), 6 * SECOND)

        assert (delivery.status, delivery.attempts, delivery.last_error) == ("delivered", 2, "")
        assert ids == [Event.objects.get().pk] * 2
        assert delivery.endpoint.failing_since is None

    def test_nothing_is_sent_before_its_time(self) -> None:
        _, ids = attempted(answering(500), 4 * SECOND)

        assert len(ids) == 1

    def test_after_ten_attempts_it_has_failed(self) -> None:
        delivery, ids = attempted(answering(500), *[27 * HOUR] * 9)

        assert (delivery.status, delivery.attempts) == ("failed", 10)
        assert delivery.next_attempt_at is None
        assert ids == [Event.objects.get().pk] * 10
        assert delivery.endpoint.is_enabled  # all that in a moment, and not in five days

    def test_410_disables_the_endpoint_at_once(self) -> None:
        delivery, ids = attempted(answering(410), 25 * HOUR)

        assert (delivery.status, delivery.last_status_code, len(ids)) == ("failed", 410, 1)
        assert delivery.endpoint.disabled_at
        assert delivery.endpoint.disabled_reason == "gone"

    @pytest.mark.parametrize(
        ("failing_for", "is_enabled"), [(5 * DAY - HOUR, True), (5 * DAY, False)]
    )
    def test_five_days_of_nothing_but_failures_disable_the_endpoint(
        self, failing_for: timedelta, is_enabled: bool
    ) -> None:
        member = MembershipFactory.create()
        with receiver(answering(500)) as heard:
            WebhookEndpoint.objects.create(
                organization=member.organization,
                url=heard.url,
                failing_since=timezone.now() - failing_for,
            )
            remove(member)
            work()

        endpoint = WebhookEndpoint.objects.get()
        assert endpoint.is_enabled is is_enabled
        assert endpoint.disabled_reason == ("" if is_enabled else "failing")
        assert WebhookDelivery.objects.get().status == ("pending" if is_enabled else "failed")


@pytest.mark.django_db(transaction=True)
class TestReceiverWithTooMuchToDo:
    """One that answers 429 or 503: nothing is sent to it for a while, whatever is due."""

    @staticmethod
    def endpoint(url: str) -> WebhookEndpoint:
        return WebhookEndpoint.objects.create(
            organization=MembershipFactory.create(roles=["Owner"]).organization, url=url
        )

    @staticmethod
    def happens(endpoint: WebhookEndpoint) -> None:
        remove(MembershipFactory.create(organization=endpoint.organization))
        work()

    @pytest.mark.parametrize("status", [429, 503])
    def test_what_happens_later_waits_too_and_that_is_no_attempt(self, status: int) -> None:
        with receiver(in_turn(answering(status, Retry_After="3600"), RECEIVED, RECEIVED)) as heard:
            endpoint = self.endpoint(heard.url)
            self.happens(endpoint)
            self.happens(endpoint)
            work(until=timezone.now() + 59 * MINUTE)

            assert len(heard.ids) == 1
            waiting = WebhookDelivery.objects.get(attempts=0)
            assert waiting.next_attempt_at
            assert HOUR - MINUTE < waiting.next_attempt_at - timezone.now() < 1.1 * HOUR

            work(until=timezone.now() + 2 * HOUR)
        assert len(heard.ids) == 3
        assert set(WebhookDelivery.objects.values_list("status", flat=True)) == {"delivered"}

    @pytest.mark.parametrize(
        ("headers", "longest"),
        [({}, 6 * SECOND), ({"Retry_After": "30"}, 30 * SECOND), ({"Retry_After": "9" * 9}, DAY)],
    )
    def test_it_is_held_back_as_long_as_it_asks_for_up_to_a_day(
        self, headers: dict[str, str], longest: timedelta
    ) -> None:
        with receiver(answering(429, **headers)) as heard:
            endpoint = self.endpoint(heard.url)
            self.happens(endpoint)

        endpoint.refresh_from_db()
        assert endpoint.held_until
        assert 0.7 * longest < endpoint.held_until - timezone.now() <= longest

    def test_a_late_attempt_without_a_time_holds_it_back_for_five_minutes_alone(self) -> None:
        with receiver(answering(503)) as heard:
            endpoint = self.endpoint(heard.url)
            self.happens(endpoint)
            WebhookDelivery.objects.update(attempts=8)
            work(until=timezone.now() + MINUTE)

        endpoint.refresh_from_db()
        assert endpoint.held_until
        assert 4 * MINUTE < endpoint.held_until - timezone.now() <= 5 * MINUTE

    def test_another_endpoint_is_sent_to_and_another_address_ends_it(self) -> None:
        with receiver(answering(429, Retry_After="3600")) as busy, receiver() as heard:
            held, other = self.endpoint(busy.url), self.endpoint(heard.url)
            self.happens(held)
            self.happens(other)
            assert len(heard.ids) == 1

            changed = change_endpoint(
                held.organization_id, held.pk, caller=Operator(), url=heard.url
            )
            self.happens(held)

        assert changed.held_until is None
        assert len(heard.ids) == 2

    def test_an_ordinary_failure_holds_nothing_back(self) -> None:
        with receiver(answering(500, Retry_After="3600")) as heard:
            endpoint = self.endpoint(heard.url)
            self.happens(endpoint)
            self.happens(endpoint)

        assert len(heard.ids) == 2


@pytest.mark.django_db(transaction=True)
class TestAbandoned:
    """A delivery whose job is gone."""

    @pytest.mark.parametrize(
        "how",
        [
            "DELETE FROM procrastinate_jobs",
            "UPDATE procrastinate_jobs SET status = 'cancelled'",
            "UPDATE procrastinate_jobs SET status = 'failed'",
        ],
    )
    def test_it_is_taken_up_and_sent(self, how: str) -> None:
        with receiver() as heard:
            endpoint = WebhookEndpointFactory.create(url=heard.url)
            delivery = WebhookDeliveryFactory.create(
                endpoint=endpoint, next_attempt_at=timezone.now() - 6 * MINUTE
            )
            defer_sending([delivery.pk])
            sql(how)

            take_up_deliveries(timestamp=0)
            work()

        delivery.refresh_from_db()
        assert (delivery.status, len(heard.ids)) == ("delivered", 1)

    def test_one_that_waits_or_has_a_job_or_is_not_due_is_left_alone(self) -> None:
        past = timezone.now() - HOUR
        WebhookDeliveryFactory.create(next_attempt_at=timezone.now() + HOUR)
        WebhookDeliveryFactory.create(next_attempt_at=timezone.now() - MINUTE)
        WebhookDeliveryFactory.create(next_attempt_at=None, status="failed")
        with_job = WebhookDeliveryFactory.create(next_attempt_at=past)
        defer_sending([with_job.pk])

        assert take_up_abandoned() == 0

    def test_it_costs_two_statements_however_many_there_are(
        self, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        WebhookDeliveryFactory.create_batch(
            20, endpoint=WebhookEndpointFactory.create(), next_attempt_at=timezone.now() - HOUR
        )

        with django_assert_num_queries(4):  # two of them begin and end the transaction
            assert take_up_abandoned() == 20
