"""Counts how often removals among very many members read a large table whole."""

from collections import Counter
from collections.abc import Iterator

from django.db import connection, transaction

from organizations.models import Membership, Role, RoleAssignment
from tests.benchmarks.measure import Result
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization
from tests.sequential_scans import LARGE, tables_read_whole

# At most one member of a thousand: for many more, reading a table whole is cheaper.
AT_ONCE = (1, 10, 100, 1000)


def of_removals(members: int) -> Iterator[Result]:
    """How often removals among so many members read a large table whole.

    With stale and with fresh statistics, each with generic plans and with plans for the values, as
    behind PgBouncer.
    """
    make_organization(50, roles=1, departments=1, resources=1)  # all that the stale statistics know
    with transaction.atomic():  # keeps autovacuum from gathering statistics
        world = make_organization(members, roles=1, departments=1, resources=1, analyze=False)
        stale = _read_whole(world)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {', '.join(LARGE)}")
    for statistics, read in (("stale", stale), ("fresh", _read_whole(world))):
        yield Result(
            workload=f"tables read whole at {members:,} memberships, {statistics} statistics",
            ours=read.total(),
            unit="times",
            must=0,
            aim=0,
        )


def _read_whole(world: World) -> Counter[str]:
    """Return how often removals, which are rolled back, read each large table whole.

    One of the removed is an owner: that takes the check that another owner remains.
    """
    owner = Role.objects.get(organization=world.organization_id, is_owner=True)
    read = Counter[str]()
    for mode in ("force_generic_plan", "force_custom_plan"):
        for number in (n for n in AT_ONCE if n * 1000 <= len(world.user_ids)):
            with transaction.atomic():
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL plan_cache_mode = {mode}")
                RoleAssignment.objects.create(
                    organization=owner.organization,
                    role=owner,
                    membership=Membership.objects.of(
                        world.organization_id, world.user_ids[:1]
                    ).get(),
                )
                before = Counter(tables_read_whole())
                remove_by_service(world, world.user_ids[:number])
                read += Counter(tables_read_whole()) - before
                transaction.set_rollback(True)
    return read
