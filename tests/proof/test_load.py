"""Five thousand removals from 64 connections, while members are given things and come back."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from threading import Event

import psutil
import pytest
from django.db import IntegrityError, connections, transaction

from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    Removal,
    Resource,
    RoleAssignment,
)
from tests.factories import DepartmentFactory, MembershipFactory, OrganizationFactory
from tests.production import Production, serving, token_of
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.resources import make
from users.models import User

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]

CONNECTIONS = 64
MEMBERS = 5_000
ORGANIZATIONS = 8
MEGABYTE = 1 << 20


class Organizations:
    """Eight organizations, each with an owner who removes, and 625 members to remove."""

    def __init__(self) -> None:
        self.paths: list[tuple[str, str]] = []  # a member's, and their remover's token
        self.departments: list[Department] = []
        for number in range(ORGANIZATIONS):
            organization = OrganizationFactory.create()
            owner = MembershipFactory.create(organization=organization, roles=["Owner"])
            self.departments.append(DepartmentFactory.create(organization=organization))
            token = token_of(owner.user)
            members = self._members_of(organization, number)
            self.paths += [
                (f"/v1/organizations/{organization.pk}/users/{member.user_id}", token)
                for member in members
            ]

    def _members_of(self, organization: Organization, number: int) -> list[Membership]:
        users = User.objects.bulk_create(
            User(email=f"{number}-{one}@example.com") for one in range(MEMBERS // ORGANIZATIONS)
        )
        members = Membership.objects.bulk_create(
            Membership(organization=organization, user=user) for user in users
        )
        for name in ("Admin", "Member"):
            role = organization.roles.get(name=name)
            RoleAssignment.objects.bulk_create(
                RoleAssignment(organization=organization, membership=member, role=role)
                for member in members
            )
        make(organization, *users, *users, *users)
        return members


async def remove_all(server: Production, paths: list[tuple[str, str]]) -> Counter[int]:
    """Remove everybody over so many kept connections; return how often each status came."""
    waiting, statuses = iter(paths), Counter[int]()
    body = json.dumps({"confirm": True}).encode()

    async def work() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        for path, token in waiting:
            head = (
                f"DELETE {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            if "content-length:" in answer:
                await reader.readexactly(int(answer.split("content-length:")[1].split("\r")[0]))
            statuses[int(answer.split()[1])] += 1
            if "connection: close" in answer:
                writer.close()
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return statuses


def give_and_return(organizations: Organizations, number: int, until: Event) -> int:
    """Give departments to members, and bring removed ones back; return how much was done."""
    done = 0
    try:
        for department in islice(cycle(organizations.departments), number, None):
            if until.is_set():
                return done
            place = department.organization
            for member in place.memberships.filter(role_assignments__role__name="Member")[:20]:
                done += attempt_to_join(member, department)
            for left in Membership.objects.former().filter(organization=place).order_by("-pk")[:2]:
                done += attempt_to_return(left)
    finally:
        connections.close_all()
    return done


def attempt_to_join(member: Membership, department: Department) -> bool:
    try:
        with transaction.atomic():
            DepartmentMembership.objects.create(
                organization=member.organization, membership=member, department=department
            )
    except IntegrityError:  # removed meanwhile, or there already
        return False
    return True


def attempt_to_return(left: Membership) -> bool:
    try:
        with transaction.atomic():
            Membership.objects.create(organization=left.organization, user=left.user)
    except IntegrityError:
        return False
    return True


def memory_of(server: Production) -> int:
    """Return what the server's processes hold of their own, in bytes."""
    master = psutil.Process(server.program.process.pid)
    return sum(
        process.memory_full_info().uss for process in (master, *master.children(recursive=True))
    )


def batches(paths: list[tuple[str, str]], number: int) -> Iterator[list[tuple[str, str]]]:
    mixed = sorted(paths)  # by organization; dealt out so that each batch has all of them
    for first in range(number):
        yield mixed[first::number]


def test_five_thousand_removals_under_load(tally: Tally, tmp_path: Path) -> None:
    organizations = Organizations()
    resources = Resource.objects.count()
    over = Event()
    statuses = Counter[int]()
    memory: list[int] = []
    with (
        serving(RATE_PER_TOKEN="", RATE_PER_ADDRESS="") as server,
        ThreadPoolExecutor(2) as pool,
    ):
        others = [pool.submit(give_and_return, organizations, n, over) for n in range(2)]
        try:
            for batch in batches(organizations.paths, 4):
                statuses += asyncio.run(remove_all(server, batch))
                memory.append(memory_of(server))
        finally:
            over.set()
        given = sum(other.result() for other in others)

    assert statuses == {204: MEMBERS}
    assert Removal.objects.count() == MEMBERS
    assert Resource.objects.count() == resources
    assert broken_invariants() == []
    assert given > 0
    growth = (memory[-1] - memory[0]) / MEGABYTE
    assert growth < 20, f"{growth:.1f} MB more than after the first quarter"
    tally("removals over HTTP on 64 connections, with no 5xx", MEMBERS)
    tally("grants and returns meanwhile", given)
