"""The database is restarted while a worker is in the middle of a removal that is due."""

import time
from contextlib import suppress

import psycopg
import pytest

from config.embedded_postgres.server import Server
from tests.processes import DEADLINE_SECONDS, running
from tests.production import environment
from tests.receivers import receiver
from tests.workers import working

TWO_MINUTES = 120

SCHEDULE = """
from organizations.models import WebhookEndpoint
from organizations.schedule.due import carry_out_due
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.schedules import due
owner = MembershipFactory.create(roles=["Owner"])
organization = owner.organization
member = MembershipFactory.create(organization=organization, roles=["Member"])
ResourceFactory.create(organization=organization, owner=member.user)
due(member, transfer_to=DepartmentFactory.create(organization=organization).pk)
WebhookEndpoint.objects.create(
    organization=organization, url="{url}", event_types=["member.removed"]
)
carry_out_due.configure().defer(timestamp=0)
"""


# How far the removal is: its schedule, records, roles of the organization's two, and events.
STATE = """
    SELECT status, (SELECT count(*) FROM organizations_removal),
        (SELECT count(*) FROM organizations_roleassignment),
        (SELECT count(*) FROM organizations_event WHERE type = 'member.removed')
    FROM organizations_scheduledremoval
"""


def state(conninfo: str) -> list[tuple[object, ...]]:
    """Return how far the removal is."""
    with psycopg.connect(conninfo) as database:
        return database.execute(STATE).fetchall()


def until_somebody_waits_for_a_lock(database: psycopg.Connection) -> None:
    """Return when another connection waits; raises AssertionError if that does not happen."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    while not database.execute(waiting).fetchall():
        assert time.monotonic() < deadline, "nobody waits"
        database.execute("SELECT pg_stat_clear_snapshot()")
        time.sleep(0.01)  # between two looks


@pytest.mark.slow
def test_the_database_is_restarted_in_the_middle_of_a_removal(server: Server) -> None:
    host, _ = server.start()
    url = f"postgres://postgres@/{host}/postgres"
    conninfo = f"host={host} user=postgres dbname=postgres"
    on_it = environment() | {
        "DATABASE_URL": url,
        "WEBHOOK_ALLOW_PRIVATE": "true",
        "PGBOUNCER": "false",
    }

    def manage(*arguments: str) -> None:
        with running("manage.py", *arguments, environment=on_it) as program:
            assert program.process.wait(60) == 0, program.output

    manage("migrate", "--verbosity=0")
    with receiver() as heard:
        manage("shell", "-c", SCHEDULE.format(url=heard.url))
        with (
            suppress(psycopg.OperationalError),  # it ends with the database
            psycopg.connect(conninfo) as lock,
        ):
            # The resource is locked, so the removal stops halfway: roles are deleted.
            lock.execute("SELECT FROM organizations_resource FOR UPDATE")
            with working(**on_it) as worker:
                until_somebody_waits_for_a_lock(lock)
                server.leave()
                server.start()
                # It stops by itself, and whoever runs it starts it again.
                assert worker.process.wait(TWO_MINUTES) == 1
        before = state(conninfo)
        with working(**on_it):
            heard.until(1, seconds=TWO_MINUTES)
        after = state(conninfo)

    assert before == [("pending", 0, 2, 0)]
    assert after == [("done", 1, 1, 1)]
    assert len(set(heard.ids)) == 1
