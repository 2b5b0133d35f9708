"""Removals over HTTP: next to the peer and to the service, on one organization and on many."""

import json
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import psutil

from tests.benchmarks import servers
from tests.benchmarks.load import Load, Request, load
from tests.benchmarks.measure import Result, held, median, peak, percentile_95, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import World, make_organization

# How many times as fast as the peer we must be, and aim to, by its teams and by concurrency.
NEEDED = {
    0: {1: (1, 2), 4: (1, 2), 16: (1, 2)},
    20: {1: (2, 4), 4: (2, 4), 16: (10, 20)},
}
# The peer's teams and processes; what we must reach, we must next to each.
PEERS = [(0, 1), (0, 2), (20, 1), (20, 2)]
# Requests of a turn, by concurrency. With sixteen at once the peer's removals deadlock now and
# then, for seconds each: a turn is long enough to have its share of that.
TURN = {1: 300, 4: 300, 16: 1200}
WARM = 400


def request_of(world: World, port: int) -> Request:
    """Return what makes the bytes of a removal."""
    body = json.dumps({"confirm": True, "transfer_resources_to_department_id": world.department_id})

    def request(user_id: str) -> bytes:
        return (
            f"DELETE {world.path(user_id)} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"Authorization: Bearer {world.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return request


def request_of_peer(state: dict[str, Any], port: int) -> Request:
    """Return what makes the bytes of a removal by the peer."""

    def request(member_id: str) -> bytes:
        body = json.dumps({"memberIdOrEmail": member_id, "organizationId": state["organization"]})
        return (
            "POST /api/auth/organization/remove-member HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"
            f"Cookie: {state['cookie']}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    return request


def next_to_peer(postgres: servers.Postgres, folder: Path, turns: int) -> Iterator[Result]:
    """The full job over HTTP, turn by turn with the peer: on one row and with teams.

    Where the peer cannot be installed, there is nothing to compare with.
    """
    if not servers.install_peer(folder):
        yield from _alone(turns)
        return
    each = WARM + turns * sum(TURN.values())
    world = make_organization(len(PEERS) * each)
    port = 8300
    mine = iter(world.user_ids)
    ask = request_of(world, port)
    with servers.application(port):
        for place, (teams, workers) in enumerate(PEERS, port + 1):
            with servers.peer(
                folder, postgres, members=each, port=place, teams=teams, workers=workers
            ) as state:
                ids = iter(state["ids"])
                ask_peer = request_of_peer(state, place)
                load(port, list(islice(mine, WARM)), ask, 4)
                load(place, list(islice(ids, WARM)), ask_peer, 4)
                ours: dict[int, list[Load]] = {concurrency: [] for concurrency in TURN}
                theirs: dict[int, list[Load]] = {concurrency: [] for concurrency in TURN}
                for concurrency, size in [*TURN.items()] * turns:
                    here = load(port, list(islice(mine, size)), ask, concurrency)
                    there = load(place, list(islice(ids, size)), ask_peer, concurrency)
                    ours[concurrency].append(here)
                    theirs[concurrency].append(there)
            kind = "with teams" if teams else "deleting one row"
            form = "one process" if workers == 1 else "two processes"
            for concurrency in TURN:
                must, aim = NEEDED[teams][concurrency]
                yield Result(
                    workload=f"DELETE over HTTP, {concurrency} at once,"
                    f" next to the peer {kind}, {form}",
                    ours=per_second(ours[concurrency]),
                    unit="/s",
                    p95_ms=median(a.p95 for a in ours[concurrency]) * 1000,
                    other=median(a.per_second for a in theirs[concurrency]),
                    must=must,
                    aim=aim,
                    at_most=False,
                )


def _alone(turns: int) -> Iterator[Result]:
    """The full job over HTTP."""
    port = 8300
    world = make_organization(WARM + turns * sum(TURN.values()))
    mine = iter(world.user_ids)
    ask = request_of(world, port)
    with servers.application(port):
        load(port, list(islice(mine, WARM)), ask, 4)
        for concurrency, size in TURN.items():
            loads = [load(port, list(islice(mine, size)), ask, concurrency) for _ in range(turns)]
            yield Result(
                workload=f"DELETE over HTTP, {concurrency} at once (no peer: no node, or no npm)",
                ours=per_second(loads),
                unit="/s",
                p95_ms=median(a.p95 for a in loads) * 1000,
            )


def per_second(loads: list[Load]) -> float:
    """Return the median of our requests a second; raises RuntimeError where one failed."""
    all_done(*loads)
    return median(one.per_second for one in loads)


def all_done(*loads: Load) -> None:
    """Raise RuntimeError where a request did not remove anybody."""
    statuses = {status for one in loads for status in one.statuses}
    if statuses != {204}:
        raise RuntimeError(f"not every removal was done: {statuses}")


def lock_waits(rounds: int) -> Iterator[Result]:
    """Sixteen connections on one organization, next to sixteen on sixteen."""
    port = 8395
    one = make_organization((rounds + 1) * 320)
    sixteen = [make_organization(rounds * 20) for _ in range(16)]
    spread = [
        f"{world.organization_id} {user}"
        for users in zip(*(world.user_ids for world in sixteen), strict=True)
        for world, user in zip(sixteen, users, strict=True)
    ]
    requests = {w.organization_id: request_of(w, port) for w in sixteen}

    def ask(pair: str) -> bytes:
        organization, user = pair.split()
        made: bytes = requests[organization](user)
        return made

    together: list[Load] = []
    apart: list[Load] = []
    with servers.application(port):
        load(port, one.user_ids[rounds * 320 :], request_of(one, port), 16)  # warm
        for turn in range(rounds):
            part = slice(turn * 320, (turn + 1) * 320)
            together.append(load(port, one.user_ids[part], request_of(one, port), 16))
            apart.append(load(port, spread[part], ask, 16))
    yield Result(
        workload="16 at once on one organization, next to 16 on sixteen",
        ours=per_second(together),
        unit="/s",
        p95_ms=median(a.p95 for a in together) * 1000,
        other=per_second(apart),
        must=0.8,
        aim=0.95,
        at_most=False,
    )


def delete_bulk(turns: int) -> Iterator[Result]:
    """A thousand members in one request, turn by turn with the service by itself."""
    port, size = 8385, 1000
    world = make_organization(2 * (turns + 1) * size)
    users = iter(world.user_ids)

    def request(user_ids: str) -> bytes:
        body = json.dumps(
            {
                "confirm": True,
                "user_ids": user_ids.split(),
                "transfer_resources_to_department_id": world.department_id,
            }
        )
        return (
            f"POST /v1/organizations/{world.organization_id}/users/delete-bulk HTTP/1.1\r\n"
            f"Host: 127.0.0.1:{port}\r\nAuthorization: Bearer {world.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    ours: list[float] = []
    theirs: list[float] = []
    with servers.application(port):
        for turn in range(turns + 1):
            answered = load(port, [" ".join(islice(users, size))], request, 1)
            if set(answered.statuses) != {200}:
                raise RuntimeError(f"a thousand were not removed: {answered.statuses}")
            took = seconds(partial(remove_by_service, world, list(islice(users, size))))
            if turn:  # warm
                ours += answered.times
                theirs.append(took)
    yield Result(
        workload=f"delete-bulk of {size:,}, next to the service",
        ours=size / median(ours),
        unit="members/s",
        p95_ms=percentile_95(ours) * 1000,  # of a request
        other=size / median(theirs),
        must=0.9,
        at_most=False,
    )


def memory_of_server(requests: int) -> Iterator[Result]:
    """How much a server grows over so many requests, after the first thousand."""
    world = make_organization(requests + 1000, roles=1, departments=1, resources=1)
    port = 8390
    with servers.application(port) as process:
        request = request_of(world, port)
        load(port, world.user_ids[:1000], request, 16)
        processes = psutil.Process(process.pid).children(recursive=True)
        before = held(processes)
        all_done(load(port, world.user_ids[1000:], request, 16))
        grown = peak(processes) - before
    yield Result(
        workload=f"memory: a server's peak growth over {requests:,} requests",
        ours=grown,
        unit="MB",
        must=60,
        aim=6,
    )
