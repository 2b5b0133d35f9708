"""`/metrics` shows to Prometheus what the database counts and what a process does."""

import os
from datetime import timedelta

import pgtrigger
import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django import app
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from organizations.metrics import collector
from organizations.models import Membership, ScheduledRemoval, Source
from tests.factories import MembershipFactory, WebhookDeliveryFactory, WebhookEndpointFactory
from tests.removals import remove
from tests.schedules import due, schedule
from tests.sequential_scans import rows_read

pytestmark = pytest.mark.django_db

TOKEN = "t" * 32


@pytest.fixture(autouse=True)
def _on(settings: Settings) -> None:
    settings.METRICS_TOKEN = TOKEN


def scraped(client: Client) -> dict[tuple[str, ...], float]:
    """Return the values by the name and the labels' values."""
    response = client.get("/metrics", headers={"authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    return {
        (sample.name, *(sample.labels[label] for label in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_what_the_database_counts_is_read_at_the_scrape(client: Client, owner: Membership) -> None:
    remove(*MembershipFactory.create_batch(2, organization=owner.organization))
    long_ago = timezone.now() - timedelta(minutes=11)
    app.configure_task("nothing", queue="mail", schedule_at=long_ago).defer()
    app.configure_task("nothing", queue="mail").defer()
    app.configure_task("nothing", queue="webhooks", schedule_in={"hours": 1}).defer()
    endpoint = WebhookEndpointFactory.create(organization=owner.organization)
    WebhookDeliveryFactory.create(endpoint=endpoint)

    found = scraped(client)

    assert found["offboard_removals_last_hour", Source.ADMIN] == 2
    assert found["offboard_removals_last_hour", Source.API] == 0
    assert found["offboard_jobs_waiting", "mail"] == 2
    assert 600 < found["offboard_jobs_waiting_seconds", "mail"] < 900
    assert found["offboard_jobs_waiting", "webhooks"] == 1  # the event's; the other is for later
    assert found["offboard_webhook_deliveries_last_hour", "pending"] == 1
    assert found["offboard_webhook_endpoints_given_up",] == 0
    assert found["offboard_workers",] == 0
    assert [found["offboard_tasks", each] for each in ("open", "overdue")] == [0, 0]


def test_a_job_that_waits_is_seen_behind_many_that_are_for_later(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "BOUND", 5)
    later = timezone.now() + timedelta(hours=1)
    again = app.configure_task("nothing", queue="webhooks", schedule_at=later)
    again.batch_defer(*[{} for _ in range(10)])
    app.configure_task("nothing", queue="mail").defer()

    found = scraped(client)

    assert found["offboard_jobs_waiting", "mail"] == 1
    assert found["offboard_jobs_waiting", "webhooks"] == 0


def test_schedules_are_counted_by_what_becomes_of_them(client: Client, owner: Membership) -> None:
    late, ended, coming, removed_before = MembershipFactory.create_batch(
        4, organization=owner.organization
    )
    an_hour_ago = timezone.now() - timedelta(hours=1)
    schedules = ScheduledRemoval.objects.filter(pk__in=[due(late).pk, due(ended).pk])
    with pgtrigger.ignore("organizations.ScheduledRemoval:never_changed"):
        schedules.update(remove_at=an_hour_ago)
    schedule(coming)
    schedule(removed_before)
    remove(ended, removed_before)

    found = scraped(client)

    states = ("pending", "overdue", "failed")
    assert [found["offboard_scheduled_removals", each] for each in states] == [1, 1, 0]


def test_each_process_counts_its_own_requests(settings: Settings) -> None:
    client = Client()
    client.get("/v1/openapi.json")
    client.generic("BREW", "/metrics")

    found = scraped(client)

    count = "offboard_request_seconds_count"
    process = str(os.getpid())
    assert found[count, "GET", process, "v1/openapi.json", "200"] >= 1
    assert found[count, "other", process, "metrics", "405"] >= 1


@pytest.mark.parametrize(
    ("token", "sent", "status", "challenge"),
    [
        (TOKEN, None, 401, "Bearer"),
        (TOKEN, "", 401, "Bearer"),
        (TOKEN, TOKEN, 401, "Bearer"),
        (TOKEN, f"Bearer {TOKEN}t", 401, 'Bearer error="invalid_token"'),
        (TOKEN, "Bearer \u00e4", 401, 'Bearer error="invalid_token"'),
        ("", "Bearer ", 404, None),
        ("", f"Bearer {TOKEN}", 404, None),
    ],
)
def test_it_is_for_whoever_has_the_token(
    client: Client, settings: Settings, token: str, sent: str | None, status: int, challenge: str
) -> None:
    settings.METRICS_TOKEN = token

    response = client.get("/metrics", headers={"authorization": sent} if sent is not None else {})

    assert (response.status_code, response.get("WWW-Authenticate")) == (status, challenge)


def test_a_scrape_reads_no_more_of_ten_times_as_much(
    owner: Membership,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "BOUND", 5)
    tables = (
        *("organizations_removal", "organizations_webhookdelivery"),
        *("procrastinate_jobs", "procrastinate_workers"),
    )
    endpoint = WebhookEndpointFactory.create(organization=owner.organization)
    read = []
    for number in (10, 90):
        remove(*MembershipFactory.create_batch(number, organization=owner.organization))
        WebhookDeliveryFactory.create_batch(number, endpoint=endpoint)
        app.configure_task("nothing", queue="mail").batch_defer(*[{} for _ in range(number)])
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO procrastinate_workers (last_heartbeat)"
                " SELECT now() FROM generate_series(1, %s)",
                [number],
            )
            cursor.execute("SET LOCAL enable_seqscan = off")  # as of a large table
            cursor.execute(f"ANALYZE {', '.join(tables)}")
        before = rows_read(*tables)
        with django_assert_num_queries(1):
            families = {each.name: each for each in collector.DatabaseCollector().collect()}
        assert families["offboard_workers"].samples[0].value == collector.BOUND
        waiting = {s.labels["queue"]: s.value for s in families["offboard_jobs_waiting"].samples}
        assert waiting["mail"] == collector.BOUND
        read.append(rows_read(*tables) - before)

    assert read[1] <= read[0] + 20
