"""Measures what five steps cost a removal, alone and in bulk, and pages of 1,000,000 tasks."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from random import Random

from django.db import connection

from organizations.models import OffboardingStep
from tests.benchmarks import servers
from tests.benchmarks.http import all_done, request_of
from tests.benchmarks.lists import ROUNDS, page_of
from tests.benchmarks.load import load
from tests.benchmarks.measure import Result, median, of_batches, percentile_95, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization

STEPS = 5
BATCH = 1000
TURN = 100  # requests

# Ten tasks of each removal, one of a hundred still open, all of them with a date.
_TASKS = """
    SET session_replication_role = replica;
    INSERT INTO organizations_removal (
        id, organization_id, membership_id, source, reason, roles, departments, resource_count,
        trace_id, requested_at, created_at
    )
    SELECT 'rem_' || id, organization_id, id, 'api', '', '[]', '[]', 0, '', now(), now()
    FROM organizations_membership WHERE organization_id = %(organization)s;
    INSERT INTO organizations_offboardingtask (
        id, removal_id, organization_id, key, title, description, department_name,
        due_at, state, note, closed_at
    )
    SELECT 'tsk_' || lpad(removal.membership_id::text, 12, '0') || '_00' || step, removal.id,
        organization_id, 'step-' || step, 'Step', '', '',
        now() - removal.membership_id %% 10000 * interval '1 minute'
            + removal.membership_id %% 10 * interval '1 day',
        state, '', CASE state WHEN 'done' THEN now() END
    FROM organizations_removal AS removal
    CROSS JOIN generate_series(0, 9) AS step
    CROSS JOIN LATERAL (
        SELECT CASE WHEN (removal.membership_id + step) %% 100 = 0 THEN 'open' ELSE 'done' END
    ) AS its (state)
    WHERE organization_id = %(organization)s;
    SET session_replication_role = origin;
    ANALYZE organizations_removal, organizations_offboardingtask;
"""


def give_steps(world: World) -> None:
    """Give an organization five steps, each with a date and a department."""
    OffboardingStep.objects.bulk_create(
        OffboardingStep(
            organization_id=world.organization_id,
            key=f"step-{number}",
            title=f"Step {number}",
            assigned_to_department_id=world.department_id,
            due_days=number,
        )
        for number in range(STEPS)
    )


def bulk(members: int) -> Iterator[Result]:
    """Members in batches by the service, turn by turn with an organization without steps."""
    with_steps, without = make_organization(members), make_organization(members)
    give_steps(with_steps)
    times: dict[str, list[float]] = {}
    queues = {world.organization_id: iter(world.user_ids) for world in (with_steps, without)}
    for _ in range(members // BATCH):
        for world in (with_steps, without):
            batch = list(islice(queues[world.organization_id], BATCH))
            took = seconds(partial(remove_by_service, world, batch))
            times.setdefault(world.organization_id, []).append(took)
    yield of_batches(
        f"bulk of {members:,} with five steps, next to none",
        BATCH,
        times[with_steps.organization_id],
        times[without.organization_id],
        must=0.6,
    )


def over_http(turns: int) -> Iterator[Result]:
    """DELETE, turn by turn with an organization without steps."""
    worlds = [make_organization((turns + 2) * TURN) for _ in range(2)]
    give_steps(worlds[0])
    queues = [iter(world.user_ids) for world in worlds]
    times: list[list[float]] = [[], []]
    with servers.application() as server:
        for turn in range(turns + 2):
            for place, world in enumerate(worlds):
                done = load(server.port, list(islice(queues[place], TURN)), request_of(world), 1)
                all_done(done)
                if turn >= 2:  # warm
                    times[place].append(median(done.times) * 1000)
    yield Result(
        workload="DELETE over HTTP with five steps, next to none",
        ours=median(times[0]),
        unit="ms",
        p95_ms=percentile_95(times[0]),
        other=median(times[1]),
        must=1.15,
    )


def pages(world: World) -> Iterator[Result]:
    """Pages of 100 open and overdue tasks, of ten for each member, by HTTP."""
    with connection.cursor() as cursor:
        cursor.execute(_TASKS, {"organization": world.organization_id})
        cursor.execute(
            "SELECT id FROM organizations_offboardingtask"
            " WHERE organization_id = %s AND state = 'open'",
            [world.organization_id],
        )
        open_ids = [task_id for (task_id,) in cursor.fetchall()]
    chosen = Random(0).sample(open_ids, min(ROUNDS, len(open_ids)))  # noqa: S311 (no secret)
    tasks = 10 * len(world.user_ids)
    with servers.application() as server:
        for name, query in (("state=open", "state=open&after={id}"), ("overdue", "overdue=true")):
            yield page_of(
                server.port,
                world,
                f"GET offboarding-tasks?limit=100&{name}, at {tasks:,}",
                [f"offboarding-tasks?limit=100&{query.format(id=task_id)}" for task_id in chosen],
                must=10,
            )
