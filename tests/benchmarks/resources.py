"""Measures imports of resources by the API and the command, and the pages of their list."""

import json
from collections.abc import Iterator
from functools import partial
from io import StringIO
from pathlib import Path
from random import Random

import psutil
from django.core.management import call_command
from django.db import connection
from rest_framework.test import APIClient

from tests.benchmarks import servers
from tests.benchmarks.lists import ROUNDS, page_of
from tests.benchmarks.measure import Result, held, median, peak, seconds
from tests.benchmarks.world import World, make_organization

LINES = 1000
NEW, UNCHANGED = 5_000, 10_000  # rows a second that an import must reach
OF_COMMAND = 0.8  # the share of that for the command
MOST_MEMORY = 100  # MB


def imports(folder: Path, *, rounds: int, lines: int) -> Iterator[Result]:
    """1,000 lines by the API, new and unchanged; then a file by the command."""
    world = make_organization(1000)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {world.token}", HTTP_HOST="127.0.0.1")
    address = f"/v1/organizations/{world.organization_id}/resources/import"

    def post(body: str) -> None:
        answer = client.generic("POST", address, body, content_type="application/json", secure=True)
        if answer.status_code != 200 or json.loads(answer.content)["failed"]:
            raise RuntimeError(f"not every line is done: {answer.content!r}")

    new: list[float] = []
    unchanged: list[float] = []
    for number in range(rounds + 1):
        body = json.dumps({"resources": [_line(world, f"{number}/{n}") for n in range(LINES)]})
        new.append(seconds(partial(post, body)))
        unchanged.append(seconds(partial(post, body)))
    for words, times, must in (("new", new[1:], NEW), ("unchanged", unchanged[1:], UNCHANGED)):
        yield Result(
            workload=f"POST resources/import of 1,000 {words} ones",
            ours=LINES / median(times),
            unit="rows/s",
            must=must,
            at_most=False,
        )
    yield from _by_command(world, folder, lines)


def _by_command(world: World, folder: Path, lines: int) -> Iterator[Result]:
    """A file, imported twice: all new, and all unchanged."""
    file = folder / "resources.csv"
    with file.open("w") as written:
        written.write("type,external_id,name,owner,url\n")
        for number in range(lines):
            line = _line(world, f"file/{number}")
            cells = ("type", "external_id", "name", "owner_user_id", "url")
            written.write(",".join(line[cell] for cell in cells) + "\n")
    arguments = ("import_resources", world.organization_id, "--from-file", str(file), "--no-input")
    for words, must in (("new", NEW), ("unchanged", UNCHANGED)):
        this = [psutil.Process()]
        before = held(this)
        took = seconds(partial(call_command, *arguments, stdout=StringIO(), stderr=StringIO()))
        yield Result(
            workload=f"import_resources of {lines:,} {words} ones",
            ours=lines / took,
            unit="rows/s",
            must=must * OF_COMMAND,
            at_most=False,
        )
        yield Result(
            workload=f"memory of import_resources of {lines:,} {words} ones",
            ours=peak(this) - before,
            unit="MB",
            must=MOST_MEMORY,
        )


def _line(world: World, key: str) -> dict[str, str]:
    """Return a line of an import."""
    owner = world.user_ids[hash(key) % len(world.user_ids)]
    return {
        "type": "repository",
        "external_id": key,
        "name": f"Repository {key}",
        "url": f"https://git.example/{key}",
        "owner_user_id": owner,
    }


def pages(world: World) -> Iterator[Result]:
    """Pages of 100 by ``after`` for each filter, each by HTTP on one connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT resource_id, owner_id FROM organizations_resourceentry"
            " JOIN organizations_resource ON id = resource_id"
            " WHERE organizations_resource.organization_id = %s",
            [world.organization_id],
        )
        rows = cursor.fetchall()
    chosen = Random(0).sample(rows, ROUNDS)  # noqa: S311 (no secret)
    queries = {
        "": "after={id}",
        "type=": "type=resource&after={id}",
        "owner_user_id=": "owner_user_id={owner}&after=res_0",
        "search=": "search=thing&after={id}",
    }
    with servers.application() as server:
        for name, query in queries.items():
            yield page_of(
                server.port,
                world,
                f"GET resources?limit=100&{name}&after=, at {len(rows):,}",
                [
                    f"resources?limit=100&{query.format(id=resource_id, owner=owner)}"
                    for resource_id, owner in chosen
                ],
                must=30 if name == "search=" else 10,
            )
