"""Half of an organization by the service in batches, next to the floor; the rest by the command."""

import gc
from collections.abc import Iterator
from functools import partial
from io import StringIO
from itertools import islice
from pathlib import Path

import psutil
from django.core.management import call_command

from tests.benchmarks import floor, servers
from tests.benchmarks.measure import Result, median, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import make_organization

BATCH = 1000
MEGABYTE = 1 << 20


def next_to_floor(postgres: servers.Postgres, folder: Path, members: int) -> Iterator[Result]:
    """Half of the members in batches, next to the floor; then the other half by the command."""
    world = make_organization(members)
    postgres.create("floor_bulk")
    ours: list[float] = []
    theirs: list[float] = []
    process = psutil.Process()
    mine = iter(world.user_ids)
    with postgres.connect("floor_bulk") as connection:
        users = iter(floor.prepare(connection, members))
        memory = 0
        for number in range(members // 2 // BATCH):
            batch, others = list(islice(mine, BATCH)), list(islice(users, BATCH))
            ours.append(seconds(partial(remove_by_service, world, batch)))
            theirs.append(seconds(partial(floor.remove_in_one_statement, connection, others)))
            if number == 1:  # after the first plans and caches
                memory = process.memory_info().rss
    gc.collect()
    growth = (process.memory_info().rss - memory) / MEGABYTE
    per_second, floor_per_second = BATCH / median(ours), BATCH / median(theirs)
    yield Result(
        f"bulk of {members // 2:,} in an organization of {members:,}, next to the floor",
        *(per_second, floor_per_second, "members/s", per_second / floor_per_second, 0.7, 0.9),
        at_most=False,
    )
    yield Result("memory: the bulk's growth", growth, 60, "MB", growth / 60, 1, 0.1, True)

    rows = list(islice(mine, members // 2))
    file, report = folder / "leavers.csv", folder / "report.csv"
    file.write_text("user_id\n" + "\n".join(rows) + "\n")
    took = seconds(
        lambda: call_command(
            "remove_members",
            world.organization_id,
            *("--from-file", str(file), "--transfer-to", world.department_id),
            *("--report", str(report), "--no-input"),
            stdout=StringIO(),
            stderr=StringIO(),
        )
    )
    service = len(rows) / per_second
    yield Result(
        f"remove_members on {len(rows):,} rows with a report, next to the service",
        *(took, service, "s", took / service, 1.3, 1.1, True),
    )
