"""Two organizations that share eight people, and somebody who does to them what chance has it."""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
from django.db import IntegrityError, OperationalError, connections, transaction
from rest_framework.test import APIClient

from config.errors import ContractError
from organizations.assignment.service import add_member, assign
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.guards.caller import Operator
from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    RoleAssignment,
    TokenBinding,
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
from users.models import User

# What a removal by somebody whose own roles change meanwhile may be answered; nothing, once done.
ANSWERS = {
    "",
    "TOKEN_INVALID",
    "ORGANIZATION_ACCESS_DENIED",
    "INSUFFICIENT_PERMISSIONS",
    "USER_NOT_FOUND",
    "LAST_OWNER_CANNOT_BE_REMOVED",
    "TRANSFER_USER_NOT_FOUND",
}


@dataclass(frozen=True)
class BoundToken:
    """A client whose token acts for one membership."""

    client: APIClient
    member: Membership

    def has_ended(self) -> bool:
        return not Membership.objects.current().filter(pk=self.member.pk).exists()

    def code(self) -> str:
        """Return what the API answers in the place of the membership."""
        path = f"/v1/organizations/{self.member.organization_id}/departments"
        response: Any = self.client.get(path)
        return "" if response.status_code == 200 else str(response.json()["error"]["code"])


@dataclass
class World:
    """Two organizations that share eight people."""

    organizations: list[Organization]
    departments: dict[str, list[Department]]
    people: list[User]
    bound: list[BoundToken]


def make_world() -> World:
    """Return them, each person with tokens that are bound to the memberships."""
    organizations = OrganizationFactory.create_batch(2)
    people = UserFactory.create_batch(8)
    departments = {}
    bound = []
    for organization in organizations:
        departments[organization.pk] = DepartmentFactory.create_batch(2, organization=organization)
        for number, user in enumerate(people):
            role = ["Owner"] if number < 3 else ["Admin", "Member"]
            member = MembershipFactory.create(organization=organization, user=user, roles=role)
            ResourceFactory.create_batch(3, organization=organization, owner=user)
            _, plain = TokenBinding.objects.issue(member, name="", lifetime=timedelta(hours=1))
            client = APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")
            bound.append(BoundToken(client, member))
    return World(organizations, departments, people, bound)


class Somebody:
    """Does one thing after the other, as chance has it, and counts what came of it."""

    def __init__(self, world: World, seed: int) -> None:
        self.world = world
        self.chance = random.Random(seed)  # noqa: S311 (chance, not secrets)
        self.events = Counter[str]()

    def work(self, steps: int) -> Counter[str]:
        """Do so many things; return how many changes were reported, by the type of their events."""
        deeds: list[Callable[[Organization, User], None]] = [
            *([self.remove_by_api] * 3),
            self.remove_many,
            *([self.come_back] * 3),
            *([self.give_a_role] * 2),
            self.take_a_role,
            self.join_a_department,
            self.disable_or_enable,
            self.remove_many_by_api,
            self.deactivate,
            self.reactivate,
            *([self.restore] * 2),
            self.add,
            self.replace_roles,
            self.pass_on_what_is_left,
            self.ask_with_a_bound_token,
        ]
        try:
            for _ in range(steps):
                deed = self.chance.choice(deeds)
                place = self.chance.choice(self.world.organizations)
                deed(place, self.chance.choice(self.world.people))
        finally:
            connections.close_all()
        return self.events

    def remove_by_api(self, place: Organization, user: User) -> None:
        target = self.chance.choice([None, *self.world.departments[place.pk]])
        response: Any = self.some_client().delete(
            f"/v1/organizations/{place.pk}/users/{user.pk}",
            {"confirm": True, "transfer_resources_to_department_id": target and target.pk},
        )
        code = response.json()["error"]["code"] if response.content else ""
        assert code in ANSWERS, response.content
        self.events["member.removed"] += not code

    def remove_many(self, place: Organization, user: User) -> None:
        *asked, heir = self.chance.sample(self.world.people, 5)
        department = self.chance.choice(self.world.departments[place.pk])
        outcomes = remove_members(
            place.pk,
            [person.pk for person in asked],
            transfer_to=self.chance.choice([department.pk, heir.pk]),
            caller=Operator(actor=user),
        )
        assert {o.refusal.code for o in outcomes if o.refusal} <= ANSWERS
        self.events["member.removed"] += sum(not outcome.refusal for outcome in outcomes)

    def remove_many_by_api(self, place: Organization, user: User) -> None:
        asked = self.chance.sample(self.world.people, 3)
        response: Any = self.some_client().post(
            f"/v1/organizations/{place.pk}/users/delete-bulk",
            {
                "confirm": True,
                "user_ids": [person.pk for person in asked],
                "transfer_resources_to_user_id": user.pk,
            },
        )
        body = response.json()
        results = body.get("results", [])
        codes = {result["error"]["code"] for result in results if result["error"]}
        assert codes | ({body["error"]["code"]} if "error" in body else set()) <= ANSWERS
        self.events["member.removed"] += sum(r["outcome"] == "removed" for r in results)

    def deactivate(self, place: Organization, user: User) -> None:
        [outcome] = deactivate_members(
            place.pk, [user.pk], transfer_to=self.somebody(place), caller=Operator()
        )
        self.events["member.deactivated"] += not outcome.refusal

    def reactivate(self, place: Organization, user: User) -> None:
        [outcome] = reactivate_members(place.pk, [user.pk], caller=Operator())
        self.events["member.reactivated"] += not outcome.refusal

    def restore(self, place: Organization, user: User) -> None:
        [outcome] = restore_members(place.pk, [user.pk], caller=Operator())
        self.events["member.restored"] += not outcome.refusal

    def add(self, place: Organization, user: User) -> None:
        with suppress(ContractError):
            add_member(
                place.pk,
                user.pk,
                role_ids=self.some_roles(place),
                caller=Operator(),
            )
            self.events["member.added"] += 1

    def replace_roles(self, place: Organization, user: User) -> None:
        with suppress(ContractError):
            assign(
                place.pk,
                user.pk,
                role_ids=self.some_roles(place),
                department_ids=None,
                caller=Operator(),
            )
            self.events["member.updated"] += 1

    def pass_on_what_is_left(self, place: Organization, user: User) -> None:
        [outcome] = transfer_resources(
            place.pk, [user.pk], transfer_to=self.somebody(place), caller=Operator()
        )
        self.events["resources.transferred"] += outcome.resource_count > 0

    def ask_with_a_bound_token(self, place: Organization, user: User) -> None:
        token = self.chance.choice(self.world.bound)
        had_ended = token.has_ended()
        code = token.code()
        assert code == "TOKEN_INVALID" if had_ended else code in ANSWERS

    def some_client(self) -> APIClient:
        """Return a client of somebody with a new token, which reaches their memberships of now."""
        token = token_of(self.chance.choice(self.world.people))
        return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")

    def somebody(self, place: Organization) -> str:
        """Return a person or a department."""
        people = [person.pk for person in self.world.people]
        departments = [department.pk for department in self.world.departments[place.pk]]
        return self.chance.choice(people + departments)

    def some_roles(self, place: Organization) -> list[str]:
        names = self.chance.sample(["Owner", "Admin", "Member"], 2)
        return list(place.roles.filter(name__in=names).values_list("pk", flat=True))

    def come_back(self, place: Organization, user: User) -> None:
        attempt(lambda: Membership.objects.create(organization=place, user=user))

    def give_a_role(self, place: Organization, user: User) -> None:
        role = place.roles.get(name=self.chance.choice(["Owner", "Admin", "Member"]))
        member = Membership.objects.of(place.pk, [user.pk]).latest("pk")
        attempt(
            lambda: RoleAssignment.objects.create(organization=place, membership=member, role=role)
        )

    def take_a_role(self, place: Organization, user: User) -> None:
        held = RoleAssignment.objects.filter(organization=place, membership__user=user)
        attempt(held.delete)

    def join_a_department(self, place: Organization, user: User) -> None:
        department = self.chance.choice(self.world.departments[place.pk])
        member = Membership.objects.of(place.pk, [user.pk]).latest("pk")
        attempt(
            lambda: DepartmentMembership.objects.create(
                organization=place, membership=member, department=department
            )
        )

    def disable_or_enable(self, place: Organization, user: User) -> None:
        is_active = self.chance.random() < 0.7
        attempt(lambda: User.objects.filter(pk=user.pk).update(is_active=is_active))


def attempt(change: Callable[[], object]) -> None:
    """Make a change by hand, unless the database refuses it or undoes it for others' sake."""
    try:
        with transaction.atomic():
            change()
    except IntegrityError:
        pass
    except OperationalError as fault:
        if not isinstance(fault.__cause__, psycopg.errors.DeadlockDetected):
            raise
