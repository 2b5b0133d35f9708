"""Measures the service for one member, next to the floor."""

from collections.abc import Iterator, Sequence
from functools import partial

from organizations.guards.caller import Operator
from organizations.removal.service import remove_members
from tests.benchmarks import floor, servers
from tests.benchmarks.measure import Result, median, percentile_95, seconds
from tests.benchmarks.world import World, make_organization


def remove_by_service(world: World, user_ids: Sequence[str]) -> None:
    """Remove members with a transfer. Raises RuntimeError where one is refused."""
    outcomes = remove_members(
        world.organization_id,
        user_ids,
        transfer_to=world.department_id,
        caller=Operator(),
    )
    if not all(outcome.removal_id for outcome in outcomes):
        raise RuntimeError("somebody was not removed")


def next_to_floor(postgres: servers.Postgres, rounds: int) -> Iterator[Result]:
    """The service for one member, alternating with the floor's several statements."""
    world = make_organization(rounds + 50)
    postgres.create("floor_one")
    ours: list[float] = []
    theirs: list[float] = []
    with postgres.connect("floor_one") as connection:
        users = floor.prepare(connection, rounds + 50)
        for number, (mine, other) in enumerate(zip(world.user_ids, users, strict=True)):
            took = seconds(partial(remove_by_service, world, [mine]))
            floor_took = seconds(partial(floor.remove_in_several_statements, connection, other))
            if number >= 50:  # warm
                ours.append(took * 1000)
                theirs.append(floor_took * 1000)
    yield Result(
        workload="the service, one member, next to the floor",
        ours=median(ours),
        unit="ms",
        p95_ms=percentile_95(ours),
        other=median(theirs),
        must=1.5,
        aim=1,
    )
