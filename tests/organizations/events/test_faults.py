"""Workers that are killed, cut off or two at once: every event arrives, under one id."""

from collections.abc import Callable
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.events.delivery import LEASE
from organizations.events.fan_out import deliver_to_endpoints
from organizations.models import Event, WebhookDelivery, WebhookEndpoint
from tests.concurrency import until_nobody_else_is_at_work, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory, OrganizationFactory
from tests.receivers import RECEIVED, in_turn, receiver
from tests.removals import remove
from tests.workers import take_up_stalled, until_no_job_is_done, work, working

pytestmark = pytest.mark.django_db(transaction=True)

TWO_MINUTES = timedelta(minutes=2)


def of_the_fan_out() -> None:
    """Have the worker wait when it makes the deliveries."""
    WebhookEndpoint.objects.select_for_update().get()


def before_the_send() -> None:
    """Have the worker wait when it is about to send."""
    deliver_to_endpoints([Event.objects.get().pk])
    WebhookDelivery.objects.select_for_update().get()


def between_the_answer_and_its_record() -> None:
    """Have the worker wait when it has the answer."""
    WebhookEndpoint.objects.select_for_update(no_key=True).get()


@pytest.mark.parametrize(
    ("where", "requests"),
    [(of_the_fan_out, 1), (before_the_send, 1), (between_the_answer_and_its_record, 2)],
)
def test_a_worker_is_killed_and_the_next_delivers(where: Callable[[], None], requests: int) -> None:
    member = MembershipFactory.create()
    with receiver() as heard:
        WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        remove(member)
        with transaction.atomic():
            where()  # what it makes is committed
        with transaction.atomic():
            where()
            with working() as worker:
                heard.until(requests - 1)  # all but the next worker's
                until_somebody_waits_for_a_lock()
                worker.process.kill()
                worker.process.wait(20)
        until_nobody_else_is_at_work()

        take_up_stalled(after=TWO_MINUTES)
        work(until=timezone.now() + LEASE)

    assert heard.ids == [Event.objects.get().pk] * requests
    assert WebhookDelivery.objects.get().status == "delivered"
    jobs = ProcrastinateJob.objects.filter(queue_name="webhooks")
    assert not jobs.exclude(status="succeeded").exists()


def test_the_database_is_lost_between_the_answer_and_its_record() -> None:
    member = MembershipFactory.create()

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [of_the_test] = cursor.fetchone()

    def lose_database(handler: BaseHTTPRequestHandler) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid NOT IN (pg_backend_pid(), %s)",
                [of_the_test],
            )
        connection.close()
        RECEIVED(handler)

    with receiver(in_turn(lose_database, RECEIVED)) as heard:
        WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        remove(member)
        with working() as worker:
            heard.until(1)
            until_no_job_is_done()
            assert not WebhookDelivery.objects.filter(attempts=1).exists()
            work(until=timezone.now() + TWO_MINUTES)
            heard.until(2)
            assert worker.process.poll() is None

    assert heard.ids == [Event.objects.get().pk] * 2


def test_two_workers_at_once_send_each_event_once() -> None:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    members = MembershipFactory.create_batch(40, organization=organization)
    with receiver() as heard:
        WebhookEndpoint.objects.create(organization=organization, url=heard.url)
        with working(), working():
            for member in members:
                remove(member)
            heard.until(len(members))
            until_no_job_is_done()

    assert sorted(heard.ids) == sorted(Event.objects.values_list("pk", flat=True))


def test_a_worker_that_is_told_to_stop_finishes_what_it_sends() -> None:
    member = MembershipFactory.create()

    def stop(handler: BaseHTTPRequestHandler) -> None:
        worker.process.terminate()
        RECEIVED(handler)

    with receiver(stop) as heard:
        WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        with working() as worker:
            remove(member)
            assert worker.process.wait(20) == 0

    assert WebhookDelivery.objects.get().status == "delivered"


def test_behind_pgbouncer_a_worker_polls() -> None:
    member = MembershipFactory.create()
    with receiver() as heard, working(PGBOUNCER="true"):
        WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        remove(member)
        heard.until(1)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query ILIKE 'LISTEN%%'"
            )
            listening = cursor.fetchone()

    assert listening == (0,)
