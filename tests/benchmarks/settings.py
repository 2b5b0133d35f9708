"""The server as the README runs it, next to other settings."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.http import per_second, request_of
from tests.benchmarks.load import Load, load
from tests.benchmarks.measure import Result, median
from tests.benchmarks.world import make_organization


@dataclass(frozen=True)
class Setting:
    """One way to run the server."""

    name: str
    options: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)


DOCUMENTED = Setting("2 processes of 8 threads")
OTHERS = (
    Setting("2 processes of 3 threads", ("--threads=3",)),
    Setting("2 processes of 1 thread", ("--threads=1",)),
    Setting("4 processes of 4 threads", ("--workers=4", "--threads=4")),
)


def next_to_others(postgres: servers.Postgres, folder: Path, turns: int) -> Iterator[Result]:
    """Removals over HTTP, 16 at once, turn by turn with every setting."""
    size, warm, first = 300, 400, 8400
    with ExitStack() as running:
        settings = [DOCUMENTED, *OTHERS]
        if shutil.which("pgbouncer"):
            url = running.enter_context(servers.pgbouncer(folder, postgres, first - 1))
            by_pgbouncer = {"DATABASE_URL": url, "PGBOUNCER": "true"}
            settings.append(Setting("through PgBouncer", environment=by_pgbouncer))
        world = make_organization(len(settings) * (warm + turns * size))
        users = iter(world.user_ids)
        ports = {setting.name: first + number for number, setting in enumerate(settings)}
        loads: dict[str, list[Load]] = {setting.name: [] for setting in settings}
        for setting in settings:
            port = ports[setting.name]
            running.enter_context(
                servers.application(port, *setting.options, **setting.environment)
            )
            load(port, list(islice(users, warm)), request_of(world, port), 16)
        for _ in range(turns):
            for name, port in ports.items():
                part = list(islice(users, size))
                loads[name].append(load(port, part, request_of(world, port), 16))
    ours, *_ = loads.values()
    for setting in settings[1:]:
        yield Result(
            workload=f"{DOCUMENTED.name}, 16 at once, next to {setting.name}",
            ours=per_second(ours),
            unit="/s",
            p95_ms=median(a.p95 for a in ours) * 1000,
            other=per_second(loads[setting.name]),
        )
