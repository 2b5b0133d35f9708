"""Any order of invitations, grants, removals and returns, against a model of what must be true.

The API, the service, raw ORM and raw attacks are mixed; after every step the database is compared
with the model, and every invariant is asked for by SQL.
"""

from contextlib import nullcontext
from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import rule

from organizations.api.bodies import BY_TYPE, TO_DEPARTMENT
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.exceptions import DepartmentNotFoundError, ScheduledRemovalNotFoundError
from organizations.guards.caller import Operator
from organizations.guards.transfer_targets import Targets
from organizations.handover.closing import CHOSEN, State, TaskChange, change_task
from organizations.models import (
    DepartmentMembership,
    Membership,
    Removal,
    Resource,
    RoleAssignment,
)
from organizations.removal.service import remove_members
from organizations.schedule.due import carry_out_due
from organizations.schedule.service import cancel_scheduled_removal, schedule_removals
from organizations.transfer.service import transfer_selected
from tests.callers import CallerWith
from tests.concurrency import outcome as outcome_of
from tests.proof.figures import Tally
from tests.proof.machine import Machine, code_of, prove, refused
from tests.proof.place import FOR_ALL, FOR_DOCUMENTS, ROLES, Place, Target, targets_of
from tests.resources import make
from users.models import User

places, people = Machine.places, Machine.people


class Organizations(Machine):
    """Everything that a removal meets."""

    def removal_code(
        self, place: Place, user: str, target: Target, authority: frozenset[Capability]
    ) -> str | None:
        """The contract's checks 5 to 8."""
        if user not in place.members:
            return "USER_NOT_FOUND"
        if place.capabilities(user) - authority:
            return "INSUFFICIENT_PERMISSIONS"
        if not self.keeps_an_owner(place, user):
            return "LAST_OWNER_CANNOT_BE_REMOVED"
        return place.target_code(target, [user])

    def staying(self, place: Place, asked: list[str]) -> list[str]:
        """Whoever is spared where all owners are asked to leave together: the last one named."""
        owners = [u for u in asked if u in place.members and "Owner" in place.members[u][0]]
        if not owners or self.owners(place) - set(owners):
            return []
        return [u for u in owners if u in self.owners(place)][-1:] or owners

    # What people do

    @rule(place=places, user=people)
    def join(self, place: Place, user: User) -> None:
        """Somebody is invited, or comes back."""
        membership = Membership(organization=place.organization, user=user)
        if user.pk in place.members:
            with refused(IntegrityError):
                membership.save()
        else:
            membership.save()
            place.begin(user.pk)

    @rule(place=places, user=people, name=st.sampled_from(sorted(ROLES)))
    def give(self, place: Place, user: User, name: str) -> None:
        membership = self.membership_of(place, user)
        if membership is None:
            return
        given = RoleAssignment(
            organization=place.organization,
            membership=membership,
            role=place.organization.roles.get(name=name),
        )
        if user.pk not in place.members or name in place.members[user.pk][0]:
            with refused(IntegrityError):
                given.save()
        else:
            given.save()
            place.members[user.pk][0].add(name)

    @rule(place=places, user=people, name=st.sampled_from(sorted(ROLES)))
    def take(self, place: Place, user: User, name: str) -> None:
        held = RoleAssignment.objects.filter(
            membership__user=user, organization=place.organization, role__name=name
        )
        if name not in place.members.get(user.pk, ((), ()))[0]:
            assert not held.exists()
        elif name == "Owner" and not self.keeps_an_owner(place, user.pk):
            with refused(IntegrityError):
                held.delete()
        else:
            held.delete()
            place.members[user.pk][0].remove(name)

    @rule(place=places, other=places, user=people, number=st.integers(0, 1))
    def join_department(self, place: Place, other: Place, user: User, number: int) -> None:
        membership = self.membership_of(place, user)
        if membership is None:
            return
        department = other.departments[number]
        joined = DepartmentMembership(
            organization=place.organization, membership=membership, department=department
        )
        if (
            place is not other
            or user.pk not in place.members
            or department.pk in place.members[user.pk][1]
        ):
            with refused(IntegrityError):
                joined.save()
        else:
            joined.save()
            place.members[user.pk][1].add(department.pk)

    @rule(place=places, user=people, type_name=st.sampled_from(["document", "repository"]))
    def own(self, place: Place, user: User, type_name: str) -> None:
        if place.is_active(user.pk):
            [resource] = make(place.organization, user, type_name=type_name)
            place.resources[resource.pk] = user.pk
            place.types[resource.pk] = type_name
        else:
            with refused(IntegrityError):
                make(place.organization, user, type_name=type_name)

    @rule(place=places, other=places, number=st.integers(0, 1))
    def staff_pass_everything_of_leavers(self, place: Place, other: Place, number: int) -> None:
        department = other.departments[number]
        left = Resource.objects.whose_owner_has_left().filter(organization=place.organization)
        with nullcontext() if place is other else pytest.raises(DepartmentNotFoundError):
            transfer_selected(
                place.organization.pk,
                list(left.values_list("pk", flat=True)),
                transfer_to=department.pk,
                caller=CallerWith(),
            )
        for holder in set(place.resources.values()) if place is other else ():
            if holder.startswith("usr_") and holder not in place.members:
                place.transfer(holder, department.pk)

    @rule(user=people)
    def disable_account(self, user: User) -> None:
        account = User.objects.filter(pk=user.pk)
        if user.pk not in self.disabled and any(
            self.owners(place) == {user.pk} for place in self.world
        ):
            with refused(IntegrityError):
                account.update(is_active=False)
        else:
            account.update(is_active=False)
            self.disabled.add(user.pk)

    @rule(user=people)
    def enable_account(self, user: User) -> None:
        User.objects.filter(pk=user.pk).update(is_active=True)
        self.disabled.discard(user.pk)

    # Removals

    @rule(
        place=places,
        other=places,
        actor=people,
        user=people,
        number=st.sampled_from([None, 0, 1]),
        heir=st.none() | people,
        confirm=st.sampled_from([True, True, True, False]),
    )
    def remove_by_api(
        self,
        place: Place,
        other: Place,
        actor: User,
        user: User,
        number: int | None,
        heir: User | None,
        confirm: bool,
    ) -> None:
        """One member removes another, or leaves; an heir may have the documents."""
        department = None if number is None else other.departments[number].pk
        by_type = {"document": heir.pk} if heir else {}
        target = Targets(department, by_type)
        if actor.pk in self.disabled:
            expected: str | None = "TOKEN_INVALID"
        elif not place.is_active(actor.pk):
            expected = "ORGANIZATION_ACCESS_DENIED"
        else:
            held = place.capabilities(actor.pk)
            if user != actor and Capability.REMOVE_USERS not in held:
                expected = "INSUFFICIENT_PERMISSIONS"
            elif not confirm:
                expected = "CONFIRMATION_REQUIRED"
            else:
                authority = ALL_CAPABILITIES if user == actor else held
                expected = self.removal_code(place, user.pk, target, authority)

        response: Any = self.client_of(actor).delete(
            f"/v1/organizations/{place.organization.pk}/users/{user.pk}",
            {"confirm": confirm, TO_DEPARTMENT: department, BY_TYPE: by_type},
        )

        code = response.json()["error"]["code"] if response.content else None
        assert code == expected
        if code is None:
            assert response.status_code == 204
            place.remove(user.pk, target)

    @rule(
        place=places,
        users=st.lists(people, min_size=1, max_size=4),
        number=st.sampled_from([None, 0, 1]),
        types=st.lists(st.sampled_from(["document", "repository"]), unique=True),
    )
    def remove_by_service(
        self, place: Place, users: list[User], number: int | None, types: list[str]
    ) -> None:
        """Several are removed together."""
        target = Targets(
            None if number is None else place.departments[number].pk,
            dict.fromkeys(types, place.departments[0].pk),
        )
        asked = list(dict.fromkeys(user.pk for user in users))
        staying = self.staying(place, asked)

        outcomes = remove_members(
            place.organization.pk, asked, transfer_to=target, caller=Operator()
        )

        for outcome in outcomes:
            user, code = outcome.user_id, code_of(outcome.refusal)
            if user not in place.members:
                assert code == "USER_NOT_FOUND"
            elif user in staying:
                assert code == "LAST_OWNER_CANNOT_BE_REMOVED"
            else:
                assert code is None
                place.remove(user, target)

    # Removals on a date

    @rule(
        place=places,
        other=places,
        user=people,
        heir=people,
        receiver=st.sampled_from(
            ["nobody", "department", "person", "unknown", "by type", "by type", "one type"]
        ),
    )
    def schedule(self, place: Place, other: Place, user: User, heir: User, receiver: str) -> None:
        """Of last owners, too, each target is judged: a stranger's, a leaver's, another's."""
        targets: dict[str, Target] = {
            "department": other.departments[0].pk,
            "person": heir.pk,
            "unknown": "dept_unknown",
            "by type": Targets(place.departments[1].pk, {"document": heir.pk}),
            "one type": Targets(by_type={"repository": heir.pk}),
        }
        target = targets.get(receiver)
        if user.pk not in place.members:
            expected: str | None = "USER_NOT_FOUND"
        elif user.pk in place.scheduled:
            expected = "REMOVAL_ALREADY_SCHEDULED"
        else:
            expected = place.target_code(target, [user.pk])

        [outcome] = schedule_removals(
            place.organization.pk,
            [user.pk],
            remove_at=timezone.now(),
            transfer_to=target,
            caller=Operator(),
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            place.scheduled[user.pk] = target
            place.events["removal.scheduled", user.pk] += 1

    @rule(place=places, user=people)
    def cancel(self, place: Place, user: User) -> None:
        is_pending = user.pk in place.scheduled
        with nullcontext() if is_pending else pytest.raises(ScheduledRemovalNotFoundError):
            cancel_scheduled_removal(place.organization.pk, user.pk, caller=Operator())
        if is_pending:
            del place.scheduled[user.pk]
            place.events["removal.cancelled", user.pk] += 1

    @rule()
    def the_moment_comes(self) -> None:
        """Whoever is due leaves, the earliest first, but for a last owner.

        Where a target cannot take over any more, what would have passed to it stays.
        """
        carry_out_due()

        for place in self.world:
            for user, target in list(place.scheduled.items()):
                if not self.keeps_an_owner(place, user):
                    del place.scheduled[user]
                    place.events["removal.failed", user] += 1
                else:
                    missed = place.missed_goals(target, [user])
                    place.remove(user, targets_of(target).without(missed))
                    place.events["removal.failed", user] += bool(missed)

    # What is left to be done

    @rule(
        place=places,
        user=people,
        key=st.sampled_from([FOR_ALL, FOR_DOCUMENTS]),
        state=st.sampled_from(CHOSEN),
    )
    def change_a_task(self, place: Place, user: User, key: str, state: State) -> None:
        task = (
            place.organization.offboarding_tasks.filter(removal__membership__user=user, key=key)
            .order_by("removal__membership")
            .last()
        )
        latest = place.records.get(user.pk)
        if latest and (user.pk, latest.number, key) not in place.tasks:
            task = None  # of an earlier removal
        expected = place.change_task(user.pk, key, state)

        code = outcome_of(
            lambda: change_task(
                place.organization.pk,
                task.pk if task else "tsk_unknown",
                TaskChange(state),
                caller=Operator(),
            )
        )

        assert code == (expected or "done")

    # What nobody can do

    @rule(place=places, user=people)
    def take_a_removal_back(self, place: Place, user: User) -> None:
        for membership in Membership.objects.former().of(place.organization.pk, [user.pk]):
            with refused():
                Membership.objects.filter(pk=membership.pk).update(deleted_at=None)
            with refused():
                Removal.objects.filter(membership=membership).update(reason="another")
            with refused():
                Membership.objects.filter(pk=membership.pk)._raw_delete("default")

    @rule(place=places, user=people)
    def end_a_membership_without_a_record(self, place: Place, user: User) -> None:
        if user.pk in place.members:
            with refused():
                Membership.objects.current().of(place.organization.pk, [user.pk]).update(
                    deleted_at="2026-01-01T00:00:00Z"
                )


@pytest.mark.django_db
def test_any_order_of_events_leaves_what_the_model_says(tally: Tally) -> None:
    prove(tally, Organizations, examples=8, steps=40)


@pytest.mark.slow
@pytest.mark.django_db
def test_many_more_orders_of_events(tally: Tally) -> None:
    prove(tally, Organizations, examples=10, steps=60)
