"""Measures the server as the README runs it, next to other settings."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.http import compared, per_second, request_of
from tests.benchmarks.load import Load, load
from tests.benchmarks.measure import Result
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
    size, warm = 300, 400
    with ExitStack() as running:
        settings = [DOCUMENTED, *OTHERS]
        if shutil.which("pgbouncer"):
            url = running.enter_context(servers.pgbouncer(folder, postgres))
            by_pgbouncer = {"DATABASE_URL": url, "PGBOUNCER": "true"}
            settings.append(Setting("through PgBouncer", environment=by_pgbouncer))
        world = make_organization(len(settings) * (warm + turns * size))
        users = iter(world.user_ids)
        ask = request_of(world)
        ports: dict[str, int] = {}
        for setting in settings:
            server = running.enter_context(
                servers.application(*setting.options, **setting.environment)
            )
            ports[setting.name] = server.port
            load(server.port, list(islice(users, warm)), ask, 16)
        loads: dict[str, list[Load]] = {name: [] for name in ports}
        for _ in range(turns):
            for name, port in ports.items():
                loads[name].append(load(port, list(islice(users, size)), ask, 16))
    ours = loads.pop(DOCUMENTED.name)
    for name, others in loads.items():
        workload = f"{DOCUMENTED.name}, 16 at once, next to {name}"
        yield compared(workload, ours, per_second(others))
