"""Measures pages of the lists of the API and of SCIM with very many members and events."""

from collections.abc import Iterator, Sequence
from functools import partial
from random import Random
from urllib.parse import quote

from django.db import connection

from organizations.connections.tokens import issue_token
from organizations.models import Connection, RoleAssignment
from tests.benchmarks import servers
from tests.benchmarks.load import load, message
from tests.benchmarks.measure import Result, median
from tests.benchmarks.world import World

ROUNDS = 200

# Each of these begins only one family name, which one account of 1,009 has (world.py).
RARE_NAMES = [f"family{number}" for number in range(1000, 1009)]

# One event a member, and a few of another type, the oldest of all.
_EVENTS = """
    SET session_replication_role = replica;
    INSERT INTO organizations_event (
        id, type, organization_id, user_id, source, reason, data, trace_id, created_at
    )
    SELECT 'evt' || substr(user_id, 4), 'member.added', organization_id, user_id, 'api', '', '{}',
        'of' || id, now()
    FROM organizations_membership WHERE organization_id = %(organization)s;
    INSERT INTO organizations_event (
        id, type, organization_id, source, reason, data, trace_id, created_at
    )
    SELECT 'evt_0' || i, 'removal.failed', %(organization)s, 'schedule', '', '{}', '', now()
    FROM generate_series(1, 9) AS i;
    SET session_replication_role = origin;
    ANALYZE organizations_event;
"""

# What the directory knows each member as.
_IDENTITIES = """
    INSERT INTO organizations_scimidentity (
        organization_id, user_id, user_name, external_id, formatted_name, given_name, family_name,
        display_name, changed_at, connection_id
    )
    SELECT organization_id, user_id, user_id || '@example.com', 'of' || id, '', '', '', '', now(), (
        SELECT id FROM organizations_scimconnection AS connection
        WHERE connection.organization_id = member.organization_id AND disabled_at IS NULL
    )
    FROM organizations_membership AS member WHERE organization_id = %(organization)s;
    ANALYZE organizations_scimidentity;
"""


def pages(world: World) -> Iterator[Result]:
    """The most frequent pages, each by HTTP on one connection."""
    with connection.cursor() as cursor:
        cursor.execute(_EVENTS, {"organization": world.organization_id})
    members = len(world.user_ids)
    anywhere = Random(0).sample(world.user_ids, ROUNDS)  # noqa: S311 (no secret)
    tenth = members // 10
    first = Random(1).sample(world.user_ids[:tenth], ROUNDS)  # noqa: S311 (no secret)
    last = Random(2).sample(world.user_ids[-tenth:-100], ROUNDS)  # noqa: S311 (no secret)
    role = RoleAssignment.objects.filter(organization=world.organization_id, user=last[0])
    [role_id] = role.values_list("role", flat=True)
    of_role = f"users?limit=100&role_id={role_id}&after="

    with servers.application() as server:
        page = partial(page_of, server.port, world)
        yield page(
            f"GET users?limit=100&after=, at {members:,} members",
            [f"users?limit=100&after={user}" for user in anywhere],
            must=10,
        )
        yield page(
            "GET users?search=, the first page of at most 1,000",
            [f"users?limit=100&search={name}" for name in RARE_NAMES * (ROUNDS // 9)],
            must=30,
        )
        shallow = page("", [of_role + user for user in first])
        yield page(
            "GET users?limit=100&role_id=&after= in the last tenth, next to the first",
            [of_role + user for user in last],
            must=1.2,
            other=shallow.ours,
        )
        yield page(
            f"GET audit-log?type= of few, at {members:,} events",
            ["audit-log?limit=100&type=removal.failed"] * ROUNDS,
            must=10,
        )
        yield from _of_directory(server.port, world, anywhere)


def _of_directory(port: int, world: World, user_ids: Sequence[str]) -> Iterator[Result]:
    """A directory's most frequent requests: somebody by the userName, and a page of all."""
    directory = Connection.objects.create(organization_id=world.organization_id, name="Okta")
    with connection.cursor() as cursor:
        cursor.execute(_IDENTITIES, {"organization": world.organization_id})
    token = issue_token(directory)
    members = len(world.user_ids)
    by_user_name = [quote(f'userName eq "{user_id}@example.com"') for user_id in user_ids]
    for workload, paths, must in (
        (
            f"GET Users?filter=userName eq, at {members:,} members",
            [f"Users?filter={one}" for one in by_user_name],
            10,
        ),
        (f"GET Users?count=200, at {members:,} members", ["Users?count=200"] * 50, None),
    ):
        yield page_of(port, world, workload, paths, must=must, base="/scim/v2", token=token)


def page_of(
    port: int,
    world: World,
    workload: str,
    paths: Sequence[str],
    *,
    must: float | None = None,
    other: float | None = None,
    base: str = "/v1",
    token: str = "",
) -> Result:
    """Ask for these pages one after the other, in ms. Raises RuntimeError where one fails."""
    bearer = f"Bearer {token}" if token else world.bearer

    def request(path: str) -> bytes:
        path = f"{base}/organizations/{world.organization_id}/{path}"
        return message("GET", path, Authorization=bearer)

    load(port, paths[:20], request, 1)  # warm
    answered = load(port, paths, request, 1)
    if set(answered.statuses) != {200}:
        raise RuntimeError(f"not every page was answered: {answered.statuses}")
    return Result(
        workload=workload,
        ours=median(answered.times) * 1000,
        unit="ms",
        p95_ms=answered.p95 * 1000,
        other=other,
        must=must,
    )
