"""Everything at the same moment, on real connections, while somebody watches the invariants."""

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event
from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connections, transaction
from rest_framework.test import APIClient

from config.errors import ContractError
from organizations.assignment.service import assign
from organizations.capabilities import ALL_CAPABILITIES
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    Removal,
    Resource,
    RoleAssignment,
    Source,
)
from organizations.removal.service import remove_members
from organizations.restoration.service import restore_members
from organizations.transfer.service import transfer_resources
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.production import token_of
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from users.models import User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlimited")]

THREADS = 8
# What a removal by somebody whose own roles change meanwhile may be answered.
ANSWERS = {
    "removed",
    "TOKEN_INVALID",
    "ORGANIZATION_ACCESS_DENIED",
    "INSUFFICIENT_PERMISSIONS",
    "USER_NOT_FOUND",
    "LAST_OWNER_CANNOT_BE_REMOVED",
}


EVERYTHING: dict[str, Any] = {
    "actor": None,
    "source": Source.COMMAND,
    "authority": ALL_CAPABILITIES,
}


@dataclass
class World:
    """Two organizations that share eight people."""

    organizations: list[Organization]
    departments: dict[str, list[Department]]
    people: list[User]
    clients: list[APIClient]


@pytest.fixture
def world() -> World:
    organizations = OrganizationFactory.create_batch(2)
    people = UserFactory.create_batch(8)
    departments = {}
    for organization in organizations:
        departments[organization.pk] = DepartmentFactory.create_batch(2, organization=organization)
        for number, user in enumerate(people):
            role = ["Owner"] if number < 3 else ["Admin", "Member"]
            MembershipFactory.create(organization=organization, user=user, roles=role)
            ResourceFactory.create_batch(3, organization=organization, owner=user)
    clients = [APIClient(HTTP_AUTHORIZATION=f"Bearer {token_of(user)}") for user in people]
    return World(organizations, departments, people, clients)


class Somebody:
    """Does one thing after the other, as chance has it, and counts what came of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)  # noqa: S311 (chance, not secrets)
        self.came_of_it: Counter[str] = Counter()

    def work(self, steps: int) -> Counter[str]:
        deeds: list[Callable[[Organization, User], str]] = [
            *([self.remove_by_api] * 3),
            self.remove_many,
            *([self.come_back] * 3),
            *([self.give_a_role] * 2),
            self.take_a_role,
            self.join_a_department,
            self.disable_or_enable,
            *([self.deactivate_or_reactivate] * 2),
            *([self.restore] * 2),
            self.replace_roles,
            self.pass_on_what_is_left,
        ]
        try:
            for _ in range(steps):
                deed = self.chance.choice(deeds)
                place = self.chance.choice(self.world.organizations)
                result = deed(place, self.chance.choice(self.world.people))
                self.came_of_it[f"{deed.__name__}: {result}"] += 1
        finally:
            connections.close_all()
        return self.came_of_it

    def remove_by_api(self, place: Organization, user: User) -> str:
        target = self.chance.choice([None, *self.world.departments[place.pk]])
        response: Any = self.chance.choice(self.world.clients).delete(
            f"/v1/organizations/{place.pk}/users/{user.pk}",
            {"confirm": True, "transfer_resources_to_department_id": target and target.pk},
        )
        code = response.json()["error"]["code"] if response.content else "removed"
        assert code in ANSWERS, response.content
        return code

    def remove_many(self, place: Organization, user: User) -> str:
        *asked, heir = self.chance.sample(self.world.people, 5)
        department = self.chance.choice(self.world.departments[place.pk])
        outcomes = remove_members(
            place.pk,
            [person.pk for person in asked],
            transfer_to=self.chance.choice([department.pk, heir.pk]),
            actor=user,
            source=Source.ADMIN,
            authority=ALL_CAPABILITIES,
        )
        codes = {outcome.refusal.code if outcome.refusal else "removed" for outcome in outcomes}
        assert codes <= {*ANSWERS, "TRANSFER_USER_NOT_FOUND"}
        self.came_of_it["removed by the service"] += sum(bool(o.removal_id) for o in outcomes)
        return "done"

    def deactivate_or_reactivate(self, place: Organization, user: User) -> str:
        if self.chance.random() < 0.4:
            [outcome] = deactivate_members(
                place.pk, [user.pk], transfer_to=self.somebody(), **EVERYTHING
            )
        else:
            [outcome] = reactivate_members(place.pk, [user.pk], **EVERYTHING)
        return outcome.refusal.code if outcome.refusal else "done"

    def restore(self, place: Organization, user: User) -> str:
        [outcome] = restore_members(place.pk, [user.pk], may_give_owner=True, **EVERYTHING)
        return outcome.refusal.code if outcome.refusal else "done"

    def replace_roles(self, place: Organization, user: User) -> str:
        names = self.chance.sample(["Owner", "Admin", "Member"], 2)
        roles = place.roles.filter(name__in=names).values_list("pk", flat=True)
        try:
            assign(
                place.pk,
                user.pk,
                role_ids=list(roles),
                department_ids=None,
                may_give_owner=True,
                **EVERYTHING,
            )
        except ContractError as refusal:
            return refusal.code
        return "done"

    def pass_on_what_is_left(self, place: Organization, user: User) -> str:
        [outcome] = transfer_resources(
            place.pk, [user.pk], transfer_to=self.somebody(), **EVERYTHING
        )
        return outcome.refusal.code if outcome.refusal else "done"

    def somebody(self) -> str:
        return self.chance.choice(self.world.people).pk

    def come_back(self, place: Organization, user: User) -> str:
        return attempt(lambda: Membership.objects.create(organization=place, user=user))

    def give_a_role(self, place: Organization, user: User) -> str:
        role = place.roles.get(name=self.chance.choice(["Owner", "Admin", "Member"]))
        member = Membership.objects.of(place.pk, [user.pk]).latest("pk")
        return attempt(
            lambda: RoleAssignment.objects.create(organization=place, membership=member, role=role)
        )

    def take_a_role(self, place: Organization, user: User) -> str:
        held = RoleAssignment.objects.filter(organization=place, membership__user=user)
        return attempt(held.delete)

    def join_a_department(self, place: Organization, user: User) -> str:
        department = self.chance.choice(self.world.departments[place.pk])
        member = Membership.objects.of(place.pk, [user.pk]).latest("pk")
        return attempt(
            lambda: DepartmentMembership.objects.create(
                organization=place, membership=member, department=department
            )
        )

    def disable_or_enable(self, place: Organization, user: User) -> str:
        is_active = self.chance.random() < 0.7
        return attempt(lambda: User.objects.filter(pk=user.pk).update(is_active=is_active))


def attempt(change: Callable[[], object]) -> str:
    """Return whether the database took the change, which nobody tries again."""
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        return "refused"
    except OperationalError as fault:
        if isinstance(fault.__cause__, psycopg.errors.DeadlockDetected):
            return "undone for others' sake"
        raise
    return "done"


def watch(until: Event) -> int:
    """Return how often every invariant was asked for; raises AssertionError if one is broken."""
    looks = 0
    try:
        while not until.is_set():
            assert broken_invariants() == []
            looks += 1
    finally:
        connections.close_all()
    return looks


def prove(world: World, tally: Tally, *, rounds: int, steps: int) -> None:
    resources = set(Resource.objects.values_list("pk", "organization_id"))
    removed = Counter[str]()
    over = Event()
    with ThreadPoolExecutor(THREADS + 1) as pool:
        watching = pool.submit(watch, over)
        try:
            for seed in range(rounds):
                workers = [
                    pool.submit(Somebody(world, seed * THREADS + number).work, steps)
                    for number in range(THREADS)
                ]
                for worker in workers:
                    removed += worker.result()
        finally:
            over.set()
        looks = watching.result()

    # As many records as removals that were told, and every resource is somebody's still.
    told = removed["remove_by_api: removed"] + removed["removed by the service"]
    assert told == Removal.objects.count() > 0
    assert set(Resource.objects.values_list("pk", "organization_id")) == resources
    assert broken_invariants() == []
    tally("things that eight did at the same moment", rounds * steps * THREADS)
    tally("looks at every invariant meanwhile", looks)


def test_what_many_do_at_once_breaks_no_invariant(world: World, tally: Tally) -> None:
    prove(world, tally, rounds=2, steps=40)


@pytest.mark.slow
def test_what_many_do_at_once_for_long_breaks_no_invariant(world: World, tally: Tally) -> None:
    prove(world, tally, rounds=8, steps=60)
