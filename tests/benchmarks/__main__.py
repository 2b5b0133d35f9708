"""Runs the benchmarks; they take about twenty-five minutes, or seven with ``--quick``."""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.measure import Result, chart, median, table

GROUPS = {
    "service": "one member by the service, next to the floor",
    "types": "a removal that passes five types to targets of their own, and 20,000 to a person",
    "http": "DELETE over HTTP, next to the peer",
    "bulk": "100,000 members by the service and by the command; 20,000 added from a file",
    "webhooks": "what events cost a removal, without an endpoint and with one",
    "growth": "one removal by members of the organization, and by resources of the member",
    "plans": "tables that removals read whole among 1,000,000 members",
    "locks": "16 connections on one organization, next to 16 on sixteen",
    "admin": "the pages of the admin at 1,000,000 memberships",
    "lists": "the pages of the API and of SCIM at 1,000,000 members and events",
    "resources": "imports by the API and the command, and pages of 1,000,000 resources",
    "handover": "removals with five steps, next to none, and pages of 1,000,000 tasks",
    "delete-bulk": "1,000 members in one request, next to the service",
    "memory": "what a server grows by",
    "settings": "workers, threads and PgBouncer",
}


def main() -> None:
    """Measure the chosen groups, and print the figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of it: for a first look")
    parser.add_argument("--json", type=Path, help="write the JSON to this file, not to the output")
    parser.add_argument(
        "--only",
        nargs="+",
        choices=GROUPS,
        default=list(GROUPS),
        metavar="GROUP",
        help="; ".join(f"{name}: {what}" for name, what in GROUPS.items()),
    )
    arguments = parser.parse_args()

    results: list[Result] = []
    charts: dict[str, dict[str, float]] = {}
    try:
        for result in measured(arguments.only, charts, quick=arguments.quick):
            print(table([result]).splitlines()[-1], file=sys.stderr, flush=True)
            results.append(result)
    finally:  # also after an error
        tell(results, charts, arguments.json)


def measured(
    only: Sequence[str], charts: dict[str, dict[str, float]], *, quick: bool
) -> Iterator[Result]:
    """Measure these groups on a PostgreSQL of their own."""
    with tempfile.TemporaryDirectory(prefix="offboard-benchmarks-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # for root, PostgreSQL runs as another user
        with servers.running_postgres(folder / "postgres") as postgres:
            postgres.create("offboard")
            for group, measure in groups(postgres, folder, charts, quick=quick).items():
                if group in only:
                    yield from measure()


def tell(results: Sequence[Result], charts: dict[str, dict[str, float]], file: Path | None) -> None:
    """Print the table, the charts and the JSON, which goes to the file if one is given."""
    when = f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores"
    print("", when, "", table(results), sep="\n")
    for title, points in charts.items():
        print("", chart(title, points, "ms"), sep="\n")
    figures = [asdict(r) | {"ratio": r.ratio, "reaches": r.verdict} for r in results]
    document = json.dumps({"when": when, "results": figures, "charts": charts}, indent=2)
    if file:
        file.write_text(document + "\n")
    else:
        print("", document, sep="\n")


def groups(
    postgres: servers.Postgres,
    folder: Path,
    charts: dict[str, dict[str, float]],
    *,
    quick: bool,
) -> dict[str, Callable[[], Iterator[Result]]]:
    """Return the function of each group, which may also add to the charts."""
    servers.configure_django(postgres.url("offboard"))
    from tests.benchmarks import (
        admin,
        bulk,
        growth,
        handover,
        http,
        lists,
        plans,
        resources,
        service,
        settings,
        types,
        webhooks,
    )
    from tests.benchmarks.world import World, make_organization

    part = 10 if quick else 1

    @cache
    def large_world() -> World:
        return make_organization(1_000_000 // part, roles=1, departments=1, resources=2)

    def by_size() -> Iterator[Result]:
        sizes = [10, 10_000, 1_000_000 // part]
        times = dict(growth.by_size_of_organization(sizes, rounds=200))
        charts["one removal, by members of the organization"] = medians(times)
        yield growth.of(times, "one removal, by members", must=1.3, aim=1.1)
        times = dict(growth.by_resources([10, 100, 1000, 10_000 // part], rounds=8))
        charts["a resource of a removal, by resources"] = medians(times)
        yield growth.of(times, "a resource of a removal, by resources", must=1, aim=None)

    def of_resources() -> Iterator[Result]:
        yield from resources.imports(folder, rounds=20 // part, lines=100_000 // part)
        yield from resources.pages(make_organization(50_000 // part, roles=1, departments=1))

    def by_type() -> Iterator[Result]:
        yield from types.next_to_none(rounds=500 // part)
        yield from types.of_many(rounds=10 // part or 1)

    def of_bulk() -> Iterator[Result]:
        yield from bulk.next_to_floor(postgres, folder, members=200_000 // part)
        yield from bulk.addition(folder, rows=20_000 // part)

    def of_handover() -> Iterator[Result]:
        yield from handover.over_http(turns=30 // part)
        yield from handover.bulk(members=50_000 // part)
        yield from handover.pages(make_organization(100_000 // part, roles=1, departments=1))

    return {
        "service": lambda: service.next_to_floor(postgres, rounds=500 // part),
        "types": by_type,
        "http": lambda: http.next_to_peer(postgres, folder / "peer", turns=7 // part or 1),
        "bulk": of_bulk,
        "webhooks": lambda: webhooks.cost(postgres, rounds=10 // part or 1, batches=50 // part),
        "growth": by_size,
        "plans": lambda: plans.of_removals(members=1_000_000 // part),
        "locks": lambda: http.lock_waits(rounds=10 // part or 1),
        "admin": lambda: admin.pages(large_world()),
        "lists": lambda: lists.pages(large_world()),
        "resources": of_resources,
        "handover": of_handover,
        "delete-bulk": lambda: http.delete_bulk(turns=10 // part or 1),
        "memory": lambda: http.memory_of_server(requests=20_000 // part),
        "settings": lambda: settings.next_to_others(postgres, folder, turns=9 // part or 1),
    }


def medians(times: dict[str, list[float]]) -> dict[str, float]:
    return {name: median(several) for name, several in times.items()}


if __name__ == "__main__":
    main()
