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
from django.utils import timezone
from rest_framework.test import APIClient

from config.errors import ContractError
from config.retries import OvertakenError
from organizations.assignment.service import add_member, assign
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.departments.service import create_department, delete_department
from organizations.guards.caller import Operator
from organizations.handover.closing import TaskChange, change_task
from organizations.models import (
    DepartmentMembership,
    Membership,
    OffboardingTask,
    Organization,
    RoleAssignment,
    TokenBinding,
)
from organizations.models.resource_type import DEFAULT_TYPE
from organizations.removal.service import remove_members
from organizations.resources.registration import Registration
from organizations.resources.registration_decision import Result
from organizations.resources.service import register
from organizations.restoration.service import restore_members
from organizations.roles.service import create_role, delete_role
from organizations.schedule.due import carry_out
from organizations.schedule.service import schedule_removals
from organizations.transfer.service import transfer_resources, transfer_selected
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.production import token_of
from users.models import User
from users.models.access_token import AccountDisabledError

# What a removal by somebody whose own roles change meanwhile may be answered; nothing, once done.
ANSWERS = {
    "",
    "TOKEN_INVALID",
    "ORGANIZATION_ACCESS_DENIED",
    "INSUFFICIENT_PERMISSIONS",
    "USER_NOT_FOUND",
    "LAST_OWNER_CANNOT_BE_REMOVED",
    "DEPARTMENT_NOT_FOUND",
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
    people: list[User]
    bound: list[BoundToken]


def make_world() -> World:
    """Return them, each person with tokens that are bound to the memberships."""
    organizations = OrganizationFactory.create_batch(2)
    people = UserFactory.create_batch(8)
    bound = []
    for organization in organizations:
        DepartmentFactory.create_batch(2, organization=organization)
        OffboardingStepFactory.create(organization=organization)
        for number, user in enumerate(people):
            role = ["Owner"] if number < 3 else ["Admin", "Member"]
            member = MembershipFactory.create(organization=organization, user=user, roles=role)
            ResourceFactory.create_batch(3, organization=organization, owner=user)
            _, plain = TokenBinding.objects.issue(member, name="", lifetime=timedelta(hours=1))
            client = APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")
            bound.append(BoundToken(client, member))
    return World(organizations, people, bound)


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
            self.pass_on_one,
            self.register,
            self.remove_on_a_date,
            *([self.close_or_reopen_a_task] * 2),
            self.make_a_department_and_a_role,
            self.delete_a_department_and_a_role,
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
        target = self.chance.choice([None, self.some_department(place)])
        response: Any = self.some_client().delete(
            f"/v1/organizations/{place.pk}/users/{user.pk}",
            {"confirm": True, "transfer_resources_to_department_id": target},
        )
        code = response.json()["error"]["code"] if response.content else ""
        assert code in ANSWERS, response.content
        self.events["member.removed"] += not code

    def remove_many(self, place: Organization, user: User) -> None:
        *asked, heir = self.chance.sample(self.world.people, 5)
        target = self.chance.choice([self.some_department(place), heir.pk])
        outcomes = remove_members(
            place.pk,
            [person.pk for person in asked],
            transfer_to=target,
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

    def pass_on_one(self, place: Organization, user: User) -> None:
        resource = self.chance.choice(list(place.resources.values_list("pk", flat=True)))
        with suppress(ContractError):
            moved = transfer_selected(
                place.pk, [resource], transfer_to=self.somebody(place), caller=Operator()
            )
            self.events["resources.transferred"] += len(moved)

    def register(self, place: Organization, user: User) -> None:
        resources = list(place.resources.values_list("pk", flat=True))
        wanted = [
            Registration(id=each, type=DEFAULT_TYPE, external_id=each, name="Named", owner=user.pk)
            for each in self.chance.sample(resources, 4)
        ]
        with suppress(OvertakenError):  # three times: a client asks again
            decisions = register(place.pk, wanted, caller=Operator())
            rows = [each.row for each in decisions if each.row and each.result is Result.UPDATED]
            givers = {row.owner_id for row in rows if row.owner_id != user.pk}
            self.events["resources.transferred"] += len(givers)

    def remove_on_a_date(self, place: Organization, user: User) -> None:
        [outcome] = schedule_removals(
            place.pk, [user.pk], remove_at=timezone.now(), transfer_to=None, caller=Operator()
        )
        if schedule := outcome.schedule:
            carry_out(schedule.pk)
            schedule.refresh_from_db()
            self.events["removal.scheduled"] += 1
            self.events["member.removed"] += schedule.status == "done"
            self.events["removal.failed"] += schedule.status == "failed"

    def close_or_reopen_a_task(self, place: Organization, user: User) -> None:
        tasks = OffboardingTask.objects.filter(organization=place).order_by("-pk")
        latest = list(tasks.values_list("pk", flat=True)[:5])
        state = self.chance.choice(["open", "done", "failed"])
        with suppress(ContractError, IndexError):  # there may be none yet
            change = TaskChange(OffboardingTask.State(state))
            task_id = self.chance.choice(latest)
            _, is_changed = change_task(place.pk, task_id, change, caller=Operator())
            self.events["task.reopened" if state == "open" else "task.closed"] += is_changed

    def make_a_department_and_a_role(self, place: Organization, user: User) -> None:
        name = str(self.chance.randrange(4))
        with suppress(ContractError):
            create_department(place.pk, name=name, caller=Operator())
        with suppress(ContractError):
            create_role(place.pk, name=name, capabilities=["remove_users"], caller=Operator())

    def delete_a_department_and_a_role(self, place: Organization, user: User) -> None:
        name = str(self.chance.randrange(4))
        for department in place.departments.filter(name=name):
            with suppress(ContractError):
                delete_department(place.pk, department.pk, caller=Operator())
        for role in place.roles.filter(name=name):
            with suppress(ContractError):
                delete_role(place.pk, role.pk, caller=Operator())

    def ask_with_a_bound_token(self, place: Organization, user: User) -> None:
        token = self.chance.choice(self.world.bound)
        had_ended = token.has_ended()
        code = token.code()
        assert code == "TOKEN_INVALID" if had_ended else code in ANSWERS

    def some_client(self) -> APIClient:
        """Return a client of somebody with a new token, which reaches their memberships of now.

        Nobody who is disabled gets one; whoever gets one may be disabled before they use it.
        """
        while True:  # the owners are never all disabled
            with suppress(AccountDisabledError):
                token = token_of(self.chance.choice(self.world.people))
                return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}")

    def somebody(self, place: Organization) -> str:
        """Return a person or a department."""
        people = [person.pk for person in self.world.people]
        return self.chance.choice([*people, self.some_department(place)])

    def some_department(self, place: Organization) -> str:
        """Return one that is there now, and perhaps no longer when it is named."""
        return self.chance.choice(list(place.departments.values_list("pk", flat=True)))

    def some_roles(self, place: Organization) -> list[str]:
        return self.chance.sample(list(place.roles.values_list("pk", flat=True)), 2)

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
        department = self.some_department(place)
        member = Membership.objects.of(place.pk, [user.pk]).latest("pk")
        attempt(
            lambda: DepartmentMembership.objects.create(
                organization=place, membership=member, department_id=department
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
