"""Measures the pages of the admin with very many members."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from django.test import Client
from structlog.testing import capture_logs

from organizations.models import Membership
from tests.benchmarks.measure import Result, median, percentile_95, seconds
from tests.benchmarks.world import World
from users.models import User


def pages(world: World) -> Iterator[Result]:
    """The first page, the list of members and the confirmation of a removal."""
    members = len(world.user_ids)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.create_superuser("admin@example.com"))
    list_of_members = "/admin/organizations/membership/"
    member = Membership.objects.get(user=world.user_ids[members // 2])
    start = {"action": "removal", "_selected_action": [str(member.pk)]}

    def show(ask: Callable[[], Any]) -> None:
        if ask().status_code != 200:
            raise RuntimeError("a page is not shown")

    for name, ask in {
        "first page": partial(client.get, "/admin/", secure=True),
        "list of members": partial(client.get, list_of_members, secure=True),
        "confirmation": partial(client.post, list_of_members, start, follow=True, secure=True),
    }.items():
        with capture_logs():
            times = [seconds(partial(show, ask)) for _ in range(22)][2:]
        yield Result(
            workload=f"admin, {name}, at {members:,} memberships",
            ours=median(times),
            unit="s",
            p95_ms=percentile_95(times) * 1000,
            must=0.3,
            aim=0.1,
        )
