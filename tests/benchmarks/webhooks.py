"""Measures what events cost a removal, without an endpoint and with one."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from django.db import connection

from organizations.models import WebhookEndpoint
from tests.benchmarks import servers
from tests.benchmarks.bulk import BATCH, alternated
from tests.benchmarks.http import compared, per_second, request_of
from tests.benchmarks.load import Load, load
from tests.benchmarks.measure import Result, median, of_batches, percentile_95, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization

ONES = 50  # removals in a row


def cost(postgres: servers.Postgres, rounds: int, batches: int) -> Iterator[Result]:
    """One removal without endpoints, many with one, and sixteen at once with one."""
    yield without_endpoints(rounds)
    yield bulk_with_one(postgres, batches)
    yield at_once_with_one(rounds)


def without_endpoints(rounds: int) -> Result:
    """One removal without an endpoint, alternating with events whose trigger is disabled."""
    world = make_organization(2 * rounds * (ONES + 5))
    users = iter(world.user_ids)
    ours: list[float] = []
    before: list[float] = []
    for _ in range(rounds):
        for verb, times in (("ENABLE", ours), ("DISABLE", before)):
            with connection.cursor() as cursor:
                cursor.execute(
                    f"ALTER TABLE organizations_event {verb} TRIGGER pgtrigger_announced_c042e"
                )
            took = [
                seconds(partial(remove_by_service, world, [user]))
                for user in islice(users, ONES + 5)
            ]
            times.extend(took[5:])  # the first ones plan the statements anew
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE organizations_event ENABLE TRIGGER pgtrigger_announced_c042e")
    return Result(
        workload="removals, one at a time without an endpoint, next to before there were any",
        ours=1 / median(ours),
        unit="/s",
        p95_ms=percentile_95(ours) * 1000,
        other=1 / median(before),
        must=0.97,
        aim=1,
        at_most=False,
    )


def bulk_with_one(postgres: servers.Postgres, batches: int) -> Result:
    """Batches of an organization with an endpoint, next to the floor."""
    members = batches * BATCH
    world = heard(make_organization(members))
    ours, theirs = zip(*alternated(postgres, world, members), strict=True)
    workload = f"bulk of {members:,} with an endpoint, next to the floor"
    return of_batches(workload, BATCH, ours, theirs, must=0.6, aim=0.9)


def at_once_with_one(rounds: int) -> Result:
    """Sixteen connections on an organization with an endpoint, next to one without."""
    with_one = heard(make_organization((rounds + 1) * 320))
    without = make_organization((rounds + 1) * 320)
    loads: dict[str, list[Load]] = {with_one.organization_id: [], without.organization_id: []}
    with servers.application() as server:
        for turn in range(rounds + 1):
            for world in (with_one, without):
                part = world.user_ids[turn * 320 : (turn + 1) * 320]
                done = load(server.port, part, request_of(world), 16)
                if turn:  # warm
                    loads[world.organization_id].append(done)
    return compared(
        "16 at once with an endpoint, whose jobs notify, next to 16 without",
        loads[with_one.organization_id],
        per_second(loads[without.organization_id]),
        must=0.6,
        aim=0.9,
    )


def heard(world: World) -> World:
    """Have an endpoint listen to an organization, and return it."""
    WebhookEndpoint.objects.create(
        organization_id=world.organization_id, url="https://hooks.example/"
    )
    return world
