"""How long the processor works for a request among 10,000 members, and how that grows."""

import time
from collections.abc import Callable
from functools import partial
from resource import RUSAGE_SELF, getrusage
from typing import Any, ClassVar

import pytest
from django.db import connection

from organizations.assignment.department_members import change_department_members
from organizations.models import Organization, Source
from tests.callers import CallerWith
from tests.factories import DepartmentFactory
from tests.organizations.scim.caller import GROUP, Answer, Directory, replacing
from tests.organizations.scim.populate import populate
from tests.processor_time import slowness

MANY = 10_000
JOIN = """
    SET LOCAL session_replication_role = replica;
    INSERT INTO organizations_departmentmembership
        (organization_id, membership_id, user_id, department_id)
    SELECT member.organization_id, member.id, member.user_id, department.id
    FROM (SELECT * FROM organizations_membership ORDER BY user_id LIMIT %s) AS member,
        organizations_department AS department
    ON CONFLICT DO NOTHING;
    SET LOCAL session_replication_role = DEFAULT;
    ANALYZE organizations_departmentmembership;
"""
REQUESTS: dict[str, Callable[[Directory, str, list[str]], Answer]] = {
    "a group is read": lambda directory, group, _: directory.send("GET", group),
    "groups are listed": lambda directory, *_: directory.send("GET", "/Groups"),
    "a group is replaced": lambda directory, group, ids: directory.send(
        "PUT", group, _group("Replaced", ids)
    ),
    "a group is made": lambda directory, _, ids: directory.send(
        "POST", "/Groups", _group(f"Made {time.perf_counter()}", ids)
    ),
    "all leave a group": lambda directory, group, _: directory.patch(
        group, {"op": "remove", "path": "members"}
    ),
    "9,000 leave a group, one by one": lambda directory, group, ids: directory.patch(
        group, *_one_by_one(ids[:9000])
    ),
    "users are listed, each in ten groups": lambda directory, *_: directory.send(
        "GET", "/Users?count=200&excludedAttributes=" + ",".join(f"name.a{i}" for i in range(100))
    ),
    "a user is changed by a hundred operations": lambda directory, _, ids: directory.patch(
        f"/Users/{ids[0]}",
        *[replacing("name.givenName", str(i)) for i in range(80)],
        *[
            {"op": "add", "path": f'emails[type eq "{i}"].value', "value": f"{i}@x.example"}
            for i in range(20)
        ],
    ),
}


def _group(name: str, ids: list[str]) -> dict[str, Any]:
    members = [{"value": user_id} for user_id in ids]
    return {"schemas": [GROUP], "displayName": name, "members": members}


def _one_by_one(ids: list[str]) -> list[dict[str, Any]]:
    return [{"op": "remove", "path": f'members[value eq "{user_id}"]'} for user_id in ids]


def join(members: int) -> None:
    """Have so many members belong to every department."""
    with connection.cursor() as cursor:
        cursor.execute(JOIN, [members])


def used() -> float:
    """Return the seconds that the processor has worked in this process, without the kernel's.

    Python returns memory to the kernel and asks for it again: at an unlucky layout of the heap that
    takes longer than the request itself.
    """
    return getrusage(RUSAGE_SELF).ru_utime


def seconds(work: Callable[[], object], *, before: Callable[[], object]) -> float:
    """Return how long an idle processor works, the shortest of three, each after ``before``."""
    took = []
    for _ in range(3):
        before()
        began = used()
        work()
        took.append((used() - began) / slowness())
    return min(took)


@pytest.fixture
def directory(organization: Organization) -> Directory:
    return Directory.of(organization)


@pytest.mark.slow
@pytest.mark.parametrize("name", REQUESTS)
def test_no_request_takes_a_second_among_ten_thousand_members(
    directory: Directory, organization: Organization, name: str
) -> None:
    ids = populate(organization, MANY)
    first, *_ = DepartmentFactory.create_batch(10, organization=organization)
    directory.send("GET", "/Users?count=1")  # loads the library

    def send() -> None:
        answer = REQUESTS[name](directory, f"/Groups/{first.pk}", ids)
        assert answer.status in (200, 201, 204), answer.body

    assert seconds(send, before=partial(join, MANY)) < 1


def test_a_thousand_leave_a_group_in_a_fifth_of_a_second(
    directory: Directory, organization: Organization
) -> None:
    ids = populate(organization, 1000)
    department = DepartmentFactory.create(organization=organization)
    directory.send("GET", f"/Groups/{department.pk}")  # loads the library

    def leave() -> None:
        directory.patch(f"/Groups/{department.pk}", *_one_by_one(ids))
        assert not department.memberships.exists()

    assert seconds(leave, before=partial(join, 1000)) < 0.2


class Compared(str):
    """An id that counts how often it is compared."""

    comparisons: ClassVar[int] = 0

    def __eq__(self, other: object) -> bool:
        Compared.comparisons += 1
        return super().__eq__(other)

    def __hash__(self) -> int:
        return super().__hash__()


@pytest.mark.parametrize("direction", ["joining", "leaving"])
def test_a_change_of_ten_times_as_many_members_compares_ten_times_as_often(
    organization: Organization, direction: str
) -> None:
    ids = [Compared(user_id) for user_id in populate(organization, 1000)]
    department = DepartmentFactory.create(organization=organization)

    def comparisons(members: list[Compared]) -> int:
        if direction == "leaving":
            join(1000)
        Compared.comparisons = 0
        change_department_members(
            *(organization.pk, department.pk),
            joining=members if direction == "joining" else (),
            leaving=members if direction == "leaving" else (),
            caller=CallerWith(source=Source.SCIM),
        )
        return Compared.comparisons

    of_few = comparisons(ids[:100])
    of_many = comparisons(ids)

    assert 0 < of_many <= 11 * of_few
