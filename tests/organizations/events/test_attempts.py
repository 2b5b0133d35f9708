"""When a delivery is tried again, and when no more."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django.utils.http import http_date

from organizations.events.connection import Answer
from organizations.events.delivery import next_attempt
from organizations.models import Event, WebhookDelivery, WebhookEndpoint
from tests.factories import MembershipFactory
from tests.receivers import RECEIVED, Behaviour, answering, in_turn, receiver
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

    def test_it_is_not_sent_before_the_receiver_wants_it(self) -> None:
        answers = in_turn(answering(429, Retry_After="3600"), RECEIVED)

        delivery, ids = attempted(answers, 59 * MINUTE)

        assert len(ids) == 1
        assert delivery.status == "pending"

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
