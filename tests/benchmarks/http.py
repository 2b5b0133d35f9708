"""Measures removals over HTTP, next to the peer and the service, on one organization or many."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks import servers
from tests.benchmarks.load import Load, Request, load, message
from tests.benchmarks.measure import Result, held, median, of_batches, peak, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization

# How many times as fast as the peer we must be, and should be, by its teams and by concurrency.
NEEDED = {
    0: {1: (1, 2), 4: (1, 2), 16: (1, 2)},
    20: {1: (2, 4), 4: (2, 4), 16: (10, 20)},
}
# The peer's teams and processes.
PEERS = [(0, 1), (0, 2), (20, 1), (20, 2)]
# Requests of a turn, by concurrency. With sixteen at once some of the peer's removals deadlock, for
# seconds each: a turn is long enough to include its share of them.
TURN = {1: 300, 4: 300, 16: 1200}
WARM = 400


def request_of(world: World) -> Request:
    """Return what makes the request that removes a user."""
    body = {"confirm": True, "transfer_resources_to_department_id": world.department_id}

    def request(user_id: str) -> bytes:
        return message("DELETE", world.path(user_id), body=body, Authorization=world.bearer)

    return request


def request_of_peer(state: dict[str, Any]) -> Request:
    """Return what makes the peer's request that removes a member."""
    host = f"127.0.0.1:{state['port']}"
    headers = {"Host": host, "Origin": f"http://{host}", "Cookie": state["cookie"]}

    def request(member_id: str) -> bytes:
        body = {"memberIdOrEmail": member_id, "organizationId": state["organization"]}
        return message("POST", "/api/auth/organization/remove-member", body=body, **headers)

    return request


def compared(
    workload: str,
    loads: list[Load],
    other: float | None = None,
    *,
    must: float | None = None,
    aim: float | None = None,
) -> Result:
    """Compare our removals a second with another rate; p95 is the median of the loads'."""
    return Result(
        workload=workload,
        ours=per_second(loads),
        unit="/s",
        p95_ms=median(one.p95 for one in loads) * 1000,
        other=other,
        must=must,
        aim=aim,
        at_most=False,
    )


def next_to_peer(postgres: servers.Postgres, folder: Path, turns: int) -> Iterator[Result]:
    """The full job over HTTP, turn by turn with the peer: deleting one row, and with teams.

    Where the peer cannot be installed, only ours is measured.
    """
    if not servers.install_peer(folder):
        yield from _alone(turns)
        return
    each = WARM + turns * sum(TURN.values())
    world = make_organization(len(PEERS) * each)
    mine = iter(world.user_ids)
    ask = request_of(world)
    with servers.application() as server:
        for teams, workers in PEERS:
            with servers.peer(
                folder, postgres, members=each, teams=teams, workers=workers
            ) as state:
                port, ids = state["port"], iter(state["ids"])
                ask_peer = request_of_peer(state)
                load(server.port, list(islice(mine, WARM)), ask, 4)
                load(port, list(islice(ids, WARM)), ask_peer, 4)
                ours: dict[int, list[Load]] = {concurrency: [] for concurrency in TURN}
                theirs: dict[int, list[Load]] = {concurrency: [] for concurrency in TURN}
                for concurrency, size in [*TURN.items()] * turns:
                    here = load(server.port, list(islice(mine, size)), ask, concurrency)
                    there = load(port, list(islice(ids, size)), ask_peer, concurrency)
                    ours[concurrency].append(here)
                    theirs[concurrency].append(there)
            kind = "with teams" if teams else "deleting one row"
            form = "one process" if workers == 1 else "two processes"
            for concurrency in TURN:
                must, aim = NEEDED[teams][concurrency]
                yield compared(
                    f"DELETE over HTTP, {concurrency} at once, next to the peer {kind}, {form}",
                    ours[concurrency],
                    median(one.per_second for one in theirs[concurrency]),
                    must=must,
                    aim=aim,
                )


def _alone(turns: int) -> Iterator[Result]:
    """The full job over HTTP."""
    world = make_organization(WARM + turns * sum(TURN.values()))
    mine = iter(world.user_ids)
    ask = request_of(world)
    with servers.application() as server:
        load(server.port, list(islice(mine, WARM)), ask, 4)
        for concurrency, size in TURN.items():
            yield compared(
                f"DELETE over HTTP, {concurrency} at once (no peer: no node, or no npm)",
                [
                    load(server.port, list(islice(mine, size)), ask, concurrency)
                    for _ in range(turns)
                ],
            )


def per_second(loads: list[Load]) -> float:
    """Return the median of removals a second. Raises RuntimeError where one failed."""
    all_done(*loads)
    return median(one.per_second for one in loads)


def all_done(*loads: Load) -> None:
    """Raise RuntimeError where a request removed nobody."""
    statuses = {status for one in loads for status in one.statuses}
    if statuses != {204}:
        raise RuntimeError(f"not every removal was done: {statuses}")


def lock_waits(rounds: int) -> Iterator[Result]:
    """Sixteen connections on one organization, next to sixteen on sixteen."""
    one = make_organization((rounds + 1) * 320)
    sixteen = [make_organization(rounds * 20) for _ in range(16)]
    spread = [
        f"{world.organization_id} {user}"
        for users in zip(*(world.user_ids for world in sixteen), strict=True)
        for world, user in zip(sixteen, users, strict=True)
    ]
    requests = {world.organization_id: request_of(world) for world in sixteen}

    def ask(pair: str) -> bytes:
        organization, user = pair.split()
        made: bytes = requests[organization](user)
        return made

    together: list[Load] = []
    apart: list[Load] = []
    with servers.application() as server:
        load(server.port, one.user_ids[rounds * 320 :], request_of(one), 16)  # warm
        for turn in range(rounds):
            part = slice(turn * 320, (turn + 1) * 320)
            together.append(load(server.port, one.user_ids[part], request_of(one), 16))
            apart.append(load(server.port, spread[part], ask, 16))
    yield compared(
        "16 at once on one organization, next to 16 on sixteen",
        together,
        per_second(apart),
        must=0.8,
        aim=0.95,
    )


def delete_bulk(turns: int) -> Iterator[Result]:
    """A thousand members in one request, turn by turn with the service by itself."""
    size = 1000
    world = make_organization(2 * (turns + 1) * size)
    users = iter(world.user_ids)
    path = f"/v1/organizations/{world.organization_id}/users/delete-bulk"

    def request(user_ids: str) -> bytes:
        body = {
            "confirm": True,
            "user_ids": user_ids.split(),
            "transfer_resources_to_department_id": world.department_id,
        }
        return message("POST", path, body=body, Authorization=world.bearer)

    ours: list[float] = []
    theirs: list[float] = []
    with servers.application() as server:
        for turn in range(turns + 1):
            answered = load(server.port, [" ".join(islice(users, size))], request, 1)
            if set(answered.statuses) != {200}:
                raise RuntimeError(f"a thousand were not removed: {answered.statuses}")
            took = seconds(partial(remove_by_service, world, list(islice(users, size))))
            if turn:  # warm
                ours += answered.times
                theirs.append(took)
    workload = f"delete-bulk of {size:,}, next to the service"
    yield of_batches(workload, size, ours, theirs, must=0.9)


def memory_of_server(requests: int) -> Iterator[Result]:
    """How much a server grows over so many requests, after the first thousand."""
    world = make_organization(requests + 1000, roles=1, departments=1, resources=1)
    request = request_of(world)
    with servers.application() as server:
        load(server.port, world.user_ids[:1000], request, 16)
        processes = psutil.Process(server.pid).children(recursive=True)
        before = held(processes)
        all_done(load(server.port, world.user_ids[1000:], request, 16))
        grown = peak(processes) - before
    yield Result(
        workload=f"memory: a server's peak growth over {requests:,} requests",
        ours=grown,
        unit="MB",
        must=60,
        aim=6,
    )
