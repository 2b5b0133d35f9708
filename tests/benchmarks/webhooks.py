"""What events cost a removal: where nobody listens, and with one endpoint."""

from collections.abc import Iterator
from functools import partial
from itertools import islice

from django.db import connection

from organizations.models import WebhookEndpoint
from tests.benchmarks import floor, servers
from tests.benchmarks.bulk import BATCH
from tests.benchmarks.http import per_second, request_of
from tests.benchmarks.load import Load, load
from tests.benchmarks.measure import Result, median, percentile_95, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization

ONES = 50  # removals in a row, between two looks at the other
PORT = 8396


def cost(postgres: servers.Postgres, rounds: int, batches: int) -> Iterator[Result]:
    """One removal without endpoints, many with one, and sixteen at once with one."""
    yield without_endpoints(rounds)
    yield bulk_with_one(postgres, batches)
    yield at_once_with_one(rounds)


def without_endpoints(rounds: int) -> Result:
    """One removal where nobody listens, alternating with events that are not looked at."""
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
            times.extend(took[5:])  # once the statements are planned anew
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
    world = heard(make_organization(batches * BATCH))
    postgres.create("floor_webhooks")
    ours: list[float] = []
    theirs: list[float] = []
    with postgres.connect("floor_webhooks") as other:
        users = floor.prepare(other, batches * BATCH)
        for first in range(0, batches * BATCH, BATCH):
            part = slice(first, first + BATCH)
            ours.append(seconds(partial(remove_by_service, world, world.user_ids[part])))
            theirs.append(seconds(partial(floor.remove_in_one_statement, other, users[part])))
    return Result(
        workload=f"bulk of {batches * BATCH:,} with an endpoint, next to the floor",
        ours=BATCH / median(ours),
        unit="members/s",
        p95_ms=percentile_95(ours) * 1000,  # of a batch
        other=BATCH / median(theirs),
        must=0.6,
        aim=0.9,
        at_most=False,
    )


def at_once_with_one(rounds: int) -> Result:
    """Sixteen connections on an organization with an endpoint, next to one without."""
    with_one = heard(make_organization((rounds + 1) * 320))
    without = make_organization((rounds + 1) * 320)
    loads: dict[str, list[Load]] = {with_one.organization_id: [], without.organization_id: []}
    with servers.application(PORT):
        for turn in range(rounds + 1):
            for world in (with_one, without):
                part = world.user_ids[turn * 320 : (turn + 1) * 320]
                done = load(PORT, part, request_of(world, PORT), 16)
                if turn:  # warm
                    loads[world.organization_id].append(done)
    return Result(
        workload="16 at once with an endpoint, whose jobs notify, next to 16 without",
        ours=per_second(loads[with_one.organization_id]),
        unit="/s",
        p95_ms=median(one.p95 for one in loads[with_one.organization_id]) * 1000,
        other=per_second(loads[without.organization_id]),
        must=0.6,
        aim=0.9,
        at_most=False,
    )


def heard(world: World) -> World:
    """Have an endpoint listen to an organization, and return it."""
    WebhookEndpoint.objects.create(
        organization_id=world.organization_id, url="https://hooks.example/"
    )
    return world
