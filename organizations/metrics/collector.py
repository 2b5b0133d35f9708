"""Reads metrics from the database for Prometheus."""

from collections.abc import Iterator
from pathlib import Path

from django.db import connection
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from organizations.models import WebhookDelivery
from organizations.source import Source

READ = Path(__file__).with_name("metrics.sql").read_text(encoding="utf-8")
BOUND = 10_000
QUEUES = ("mail", "schedule", "upkeep", "webhooks")

# By the name in the statement: name, help, and label if any.
METRICS = {
    "removals": ("offboard_removals_last_hour", "Removals of the last hour.", "source"),
    "jobs": ("offboard_jobs_waiting", "Jobs that are due and wait for a worker.", "queue"),
    "oldest_job": (
        "offboard_jobs_waiting_seconds",
        "How long the oldest of these jobs has waited.",
        "queue",
    ),
    "workers": ("offboard_workers", "Workers that were alive within the last minute.", ""),
    "deliveries": (
        "offboard_webhook_deliveries_last_hour",
        "Deliveries of webhooks that were begun within the last hour.",
        "status",
    ),
    "endpoints_given_up": (
        "offboard_webhook_endpoints_given_up",
        "Webhook endpoints that were disabled because deliveries failed.",
        "",
    ),
    "scheduled_removals": (
        "offboard_scheduled_removals",
        "Scheduled removals: still to come, overdue by two minutes, failed.",
        "state",
    ),
    "tasks": ("offboard_tasks", "Tasks of removals: open, and overdue ones of these.", "state"),
}


class DatabaseCollector(Collector):
    """The metrics that do not depend on the process; each counts up to 10,000."""

    def describe(self) -> list[GaugeMetricFamily]:
        """Return the metrics without values, so that registering reads no database."""
        return [GaugeMetricFamily(name, help_text) for name, help_text, _ in METRICS.values()]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics, read in one statement."""
        families = {
            key: GaugeMetricFamily(name, help_text, labels=[label] if label else [])
            for key, (name, help_text, label) in METRICS.items()
        }
        with connection.cursor() as cursor:
            cursor.execute(
                READ,
                {
                    "bound": BOUND,
                    "queues": list(QUEUES),
                    "sources": Source.values,
                    "delivery_statuses": WebhookDelivery.Status.values,
                },
            )
            for key, label, value in cursor.fetchall():
                families[key].add_metric([label] if label else [], float(value))
        yield from families.values()
