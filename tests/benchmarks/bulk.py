"""Measures bulk removals, by the service and by the command, and additions by the command."""

from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path

import psutil
from django.core.management import call_command

from organizations.models import Organization
from tests.benchmarks import floor, servers
from tests.benchmarks.measure import Result, held, of_batches, peak, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization

BATCH = 1000


def alternated(
    postgres: servers.Postgres, world: World, members: int
) -> Iterator[tuple[float, float]]:
    """Remove members in batches; yield the seconds of each by the service and by the floor."""
    name = f"floor_of_{world.organization_id}"
    postgres.create(name)
    with postgres.connect(name) as connection:
        users = floor.prepare(connection, len(world.user_ids))
        for first in range(0, members, BATCH):
            part = slice(first, first + BATCH)
            yield (
                seconds(partial(remove_by_service, world, world.user_ids[part])),
                seconds(partial(floor.remove_in_one_statement, connection, users[part])),
            )


def next_to_floor(postgres: servers.Postgres, folder: Path, members: int) -> Iterator[Result]:
    """Half of the members in batches, next to the floor; then the other half by the command."""
    world = make_organization(members)
    half = members // 2
    times: list[tuple[float, float]] = []
    this = [psutil.Process()]
    before = 0.0
    for pair in alternated(postgres, world, half):
        times.append(pair)
        if len(times) == 2:  # after the first plans and caches
            before = held(this)
    grown = peak(this) - before
    ours, theirs = zip(*times, strict=True)
    yield of_batches(
        f"bulk of {half:,} in an organization of {members:,}, next to the floor",
        BATCH,
        ours,
        theirs,
        must=0.7,
        aim=0.9,
    )
    yield Result(workload="memory: the bulk's peak growth", ours=grown, unit="MB", must=60, aim=6)

    rows = world.user_ids[half:]
    file = folder / "leavers.csv"
    file.write_text("user_id\n" + "\n".join(rows) + "\n")
    took = seconds_of_command(
        "remove_members", world.organization_id, file, "--transfer-to", world.department_id
    )
    yield Result(
        workload=f"remove_members on {len(rows):,} rows with a report, next to the service",
        ours=took,
        unit="s",
        other=sum(ours),
        must=1.3,
        aim=1.1,
    )


def seconds_of_command(command: str, organization_id: str, file: Path, *options: str) -> float:
    """Return how many seconds a command takes for a file, with a report beside it."""
    report = file.with_suffix(".report.csv")
    arguments = (organization_id, "--from-file", str(file), "--report", str(report), "--no-input")
    return seconds(
        lambda: call_command(command, *arguments, *options, stdout=StringIO(), stderr=StringIO())
    )


def addition(folder: Path, rows: int) -> Iterator[Result]:
    """A file of people without accounts, added by the command with a role and a department each."""
    organization = Organization.objects.create(name="Benchmark")
    people = (
        f"{organization.pk}.{n}@acme.example,New {n},Member,Dept {n % 50}" for n in range(rows)
    )
    file = folder / "members.csv"
    file.write_text("\n".join(["email,full_name,roles,departments", *people, ""]))
    took = seconds_of_command("add_members", organization.pk, file, "--make-departments")
    yield Result(
        workload=f"add_members on {rows:,} rows with a report",
        ours=rows / took,
        unit="rows/s",
        must=3000,
        at_most=False,
    )
