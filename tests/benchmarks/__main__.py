"""Runs the benchmarks; they take about twenty minutes, or two with ``--quick``."""

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.measure import Result, chart, table

GROUPS = ("service", "http", "bulk", "growth", "plans", "locks", "admin", "memory")


def main() -> None:
    """Measure, and print the table, the charts and what it was measured on."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--only", nargs="+", choices=GROUPS, default=GROUPS, help="some groups")
    arguments = parser.parse_args()

    results: list[Result] = []
    charts: list[str] = []
    with tempfile.TemporaryDirectory(prefix="offboard-benchmarks-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL runs as another user where we are root
        with servers.running_postgres(folder / "postgres") as postgres:
            postgres.create("offboard")
            for group, measure in groups(postgres, folder, charts, quick=arguments.quick).items():
                if group in arguments.only:
                    for result in measure():
                        print(table([result]).splitlines()[-1], flush=True)
                        results.append(result)

    when = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores"
    print("", when, "", table(results), "", *charts, sep="\n")
    if arguments.json:
        figures = [asdict(result) | {"reaches": result.verdict} for result in results]
        arguments.json.write_text(json.dumps({"when": when, "results": figures}, indent=2) + "\n")


def groups(
    postgres: servers.Postgres, folder: Path, charts: list[str], *, quick: bool
) -> dict[str, Callable[[], Iterator[Result]]]:
    """Return what measures each group; the charts are added to as it goes."""
    servers.configure_django(postgres.url("offboard"))
    from tests.benchmarks import admin, bulk, growth, http, plans, service

    part = 10 if quick else 1

    def by_size() -> Iterator[Result]:
        sizes = [10, 10_000, 1_000_000 // part]
        times = dict(growth.by_size_of_organization(sizes, rounds=200))
        charts.append(chart("one removal, by members of the organization", times, "ms"))
        yield growth.of(times, "one removal, by members", "ms", must=1.3, aim=1.1)
        times = dict(growth.by_resources([10, 100, 1000, 10_000 // part], rounds=8))
        charts.append(chart("one removal, a resource, by resources", times, "ms"))
        yield growth.of(times, "a resource of a removal, by resources", "ms", must=1, aim=1)

    return {
        "service": lambda: service.next_to_floor(postgres, rounds=500 // part),
        "http": lambda: http.next_to_peer(postgres, folder / "peer", turns=9 // part or 1),
        "bulk": lambda: bulk.next_to_floor(postgres, folder, members=200_000 // part),
        "growth": by_size,
        "plans": lambda: plans.of_removals(members=1_000_000 // part),
        "locks": lambda: http.lock_waits(rounds=10 // part or 1),
        "admin": lambda: admin.pages(members=1_000_000 // part),
        "memory": lambda: http.memory_of_server(requests=20_000 // part),
    }


if __name__ == "__main__":
    main()
