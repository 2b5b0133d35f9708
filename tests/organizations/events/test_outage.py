"""What takes real time: a killed worker's part is taken up, and a database comes back."""

import time
from http.server import BaseHTTPRequestHandler

import pytest

from config.embedded_postgres.server import Server
from organizations.models import Event, WebhookEndpoint
from tests.factories import MembershipFactory
from tests.processes import running
from tests.production import environment
from tests.receivers import RECEIVED, in_turn, receiver
from tests.removals import remove
from tests.workers import working

TWO_MINUTES = 120

ANNOUNCE = """
from organizations.models import Event, Organization, WebhookEndpoint
organization = Organization.objects.create(name="Somebody")
WebhookEndpoint.objects.create(organization=organization, url="{url}")
Event.objects.create(organization=organization, type="member.updated", source="admin")
"""


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_had_in_hand_is_sent_within_two_minutes() -> None:
    member = MembershipFactory.create()

    def kill(handler: BaseHTTPRequestHandler) -> None:
        killed.process.kill()
        killed.process.wait(20)

    with receiver(in_turn(kill, RECEIVED)) as heard:
        WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        with working() as killed:
            remove(member)
            heard.until(1)
            started = time.monotonic()
        with working():
            heard.until(2, seconds=TWO_MINUTES)
        assert time.monotonic() - started < TWO_MINUTES

    assert heard.ids == [Event.objects.get().pk] * 2


@pytest.mark.slow
def test_the_database_is_restarted_between_the_answer_and_its_record(server: Server) -> None:
    host, _ = server.start()
    on_it = environment() | {
        "DATABASE_URL": f"postgres://postgres@/{host}/postgres",
        "WEBHOOK_ALLOW_PRIVATE": "true",
        "PGBOUNCER": "false",
    }

    def manage(*arguments: str) -> None:
        with running("manage.py", *arguments, environment=on_it) as program:
            assert program.process.wait(60) == 0

    def restart(handler: BaseHTTPRequestHandler) -> None:
        server.leave()
        RECEIVED(handler)
        server.start()

    manage("migrate", "--verbosity=0")
    with receiver(in_turn(restart, RECEIVED)) as heard:
        with working(**on_it) as worker:
            manage("shell", "-c", ANNOUNCE.format(url=heard.url))
            # Without a database it stops by itself, and is started again by whoever runs it.
            assert worker.process.wait(TWO_MINUTES) == 1
        with working(**on_it):
            heard.until(2, seconds=TWO_MINUTES)

    assert heard.ids[0] == heard.ids[1]
