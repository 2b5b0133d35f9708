"""Measures removals that pass resources on by type or to a person, by PostgreSQL's processor time.

That depends less than a clock on how busy the machine is.
"""

from collections.abc import Iterator
from functools import partial

from django.db import connection

from organizations.guards.caller import Operator
from organizations.guards.transfer_targets import Targets
from organizations.models import ResourceType
from organizations.removal.service import remove_members
from tests.benchmarks.measure import Result, median
from tests.benchmarks.world import World, make_organization
from tests.processor_time import of_database

TYPES = ("approval", "document", "page", "repository", "ticket")
MANY = 20_000


def next_to_none(rounds: int) -> Iterator[Result]:
    """Five types to people and departments, next to all to one department."""
    world = make_organization(2 * rounds + 50)
    _give_types(world)
    by_type = {name: world.user_ids[-1 - n] for n, name in enumerate(TYPES)}
    to = {"none": Targets(world.department_id), "five": Targets(world.department_id, by_type)}
    times: dict[str, list[float]] = {name: [] for name in to}
    for number in range(rounds):
        for offset, (name, targets) in enumerate(to.items()):
            took = _took(world, world.user_ids[2 * number + offset], targets)
            if number >= rounds // 10:  # warm
                times[name].append(took)
    yield _result("one removal, five types", times["five"], times["none"], must=1.15)


def of_many(rounds: int) -> Iterator[Result]:
    """Many resources to a person, next to as many to a department."""
    world = make_organization(2 * rounds, resources=MANY)
    heir = owner_of(world)
    times: dict[str, list[float]] = {"department": [], "person": []}
    for number in range(rounds):
        targets = {"department": world.department_id, "person": heir}
        for offset, (name, target) in enumerate(targets.items()):
            took = _took(world, world.user_ids[2 * number + offset], Targets(target))
            times[name].append(took)
    name = f"{MANY:,} resources to a person"
    yield _result(name, times["person"], times["department"], must=2.5)


def owner_of(world: World) -> str:
    """Return the user id of the organization's owner, who can take over."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT user_id FROM organizations_membership"
            " WHERE organization_id = %s AND NOT user_id = ANY(%s)",
            [world.organization_id, world.user_ids],
        )
        [(user_id,)] = cursor.fetchall()
        return str(user_id)


def _give_types(world: World) -> None:
    """Give five sixths of the resources one of the five types, and leave the others."""
    ResourceType.objects.ensure(world.organization_id, TYPES)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE organizations_resource"
            " SET type = coalesce((%s::text[])[abs(hashtext(id)) %% 6], type)"
            " WHERE organization_id = %s",
            [list(TYPES), world.organization_id],
        )
        cursor.execute("VACUUM ANALYZE organizations_resource, organizations_resourceentry")


def _took(world: World, user_id: str, targets: Targets) -> float:
    """Return how many milliseconds PostgreSQL works on the removal of a user."""
    remove = partial(
        remove_members,
        world.organization_id,
        [user_id],
        transfer_to=targets,
        caller=Operator(),
    )
    return of_database(remove) * 1000


def _result(workload: str, ours: list[float], other: list[float], *, must: float) -> Result:
    return Result(workload=workload, ours=median(ours), unit="ms", other=median(other), must=must)
