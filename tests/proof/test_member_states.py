"""The state machine, with all that can happen to a membership besides its removal."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from config.errors import ContractError
from organizations.assignment.service import assign
from organizations.capabilities import ALL_CAPABILITIES
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.models import Event, Source
from organizations.removal.service import remove_members
from organizations.restoration.service import preview_restoration, restore_members
from organizations.transfer.service import transfer_resources
from tests.proof.figures import Tally
from tests.proof.place import ROLES, Place
from tests.proof.test_state_machine import Organizations, prove
from users.models import User

places, people = Organizations.places, Organizations.people
EVERYTHING: dict[str, Any] = {
    "actor": None,
    "source": Source.COMMAND,
    "authority": ALL_CAPABILITIES,
}


def code_of(refusal: ContractError | None) -> str | None:
    return refusal.code if refusal else None


class Members(Organizations):
    """Members are suspended, resumed, restored, given other roles, and pass on what they own."""

    @rule(place=places, user=people, number=st.sampled_from([None, 0, 1]))
    def deactivate(self, place: Place, user: User, number: int | None) -> None:
        target = None if number is None else place.departments[number].pk
        expected = None
        if user.pk not in place.members:
            expected = "USER_NOT_FOUND"
        elif user.pk in place.deactivated:
            expected = "USER_ALREADY_DEACTIVATED"
        elif not self.keeps_an_owner(place, user.pk):
            expected = "LAST_OWNER_CANNOT_BE_DEACTIVATED"

        [outcome] = deactivate_members(
            place.organization.pk, [user.pk], transfer_to=target, **EVERYTHING
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            place.deactivated.add(user.pk)
            assert outcome.resource_count == len(place.pass_on(user.pk, target))

    @rule(place=places, user=people)
    def reactivate(self, place: Place, user: User) -> None:
        expected = None
        if user.pk not in place.members:
            expected = "USER_NOT_FOUND"
        elif user.pk not in place.deactivated:
            expected = "USER_NOT_DEACTIVATED"

        [outcome] = reactivate_members(place.organization.pk, [user.pk], **EVERYTHING)

        assert code_of(outcome.refusal) == expected
        place.deactivated.discard(user.pk)

    @rule(place=places, user=people, may_give_owner=st.booleans())
    def restore(self, place: Place, user: User, may_give_owner: bool) -> None:
        record = place.records.get(user.pk)
        expected = None
        if user.pk in place.members:
            expected = "MEMBERSHIP_ALREADY_EXISTS"
        elif record is None:
            expected = "REMOVAL_NOT_FOUND"
        elif "Owner" in record.roles and not may_give_owner:
            expected = "INSUFFICIENT_PERMISSIONS"

        [preview] = preview_restoration(
            place.organization.pk,
            [user.pk],
            authority=ALL_CAPABILITIES,
            may_give_owner=may_give_owner,
        )
        [outcome] = restore_members(
            place.organization.pk, [user.pk], may_give_owner=may_give_owner, **EVERYTHING
        )

        assert code_of(outcome.refusal) == code_of(preview.refusal) == expected
        if expected is None:
            back = place.restored(user.pk)
            assert preview.restoration
            assert outcome.restoration
            assert outcome.restoration.resource_count == preview.restoration.resource_count == back

    @rule(
        place=places,
        user=people,
        names=st.sets(st.sampled_from(sorted(ROLES))),
        numbers=st.sets(st.integers(0, 1)),
    )
    def replace_roles_and_departments(
        self, place: Place, user: User, names: set[str], numbers: set[int]
    ) -> None:
        role_ids = place.organization.roles.filter(name__in=names).values_list("pk", flat=True)
        department_ids = {place.departments[number].pk for number in numbers}
        now = place.members.get(user.pk)
        expected = None
        if now is None:
            expected = "USER_NOT_FOUND"
        elif "Owner" in now[0] - names and not self.keeps_an_owner(place, user.pk):
            expected = "LAST_OWNER_CANNOT_BE_REMOVED"
        events = Event.objects.count()

        refusal = None
        try:
            assign(
                place.organization.pk,
                user.pk,
                role_ids=list(role_ids),
                department_ids=department_ids,
                may_give_owner=True,
                **EVERYTHING,
            )
        except ContractError as error:
            refusal = error

        assert code_of(refusal) == expected
        changes = expected is None and now != (names, department_ids)
        assert Event.objects.count() == events + changes
        if changes:
            place.members[user.pk] = (set(names), set(department_ids))

    @rule(place=places, user=people, number=st.integers(0, 1))
    def pass_on_what_is_left(self, place: Place, user: User, number: int) -> None:
        target = place.departments[number].pk
        expected = None
        if place.is_active(user.pk):
            expected = "USER_IS_ACTIVE"
        elif user.pk not in place.members and user.pk not in place.records:
            expected = "USER_NOT_FOUND"

        [outcome] = transfer_resources(
            place.organization.pk, [user.pk], transfer_to=target, **EVERYTHING
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            assert outcome.resource_count == len(place.pass_on(user.pk, target))

    @rule(place=places, user=people, heir=people)
    def remove_for_an_heir(self, place: Place, user: User, heir: User) -> None:
        expected = None
        if user.pk not in place.members:
            expected = "USER_NOT_FOUND"
        elif not self.keeps_an_owner(place, user.pk):
            expected = "LAST_OWNER_CANNOT_BE_REMOVED"
        elif user == heir or not place.is_active(heir.pk):
            expected = "TRANSFER_USER_NOT_FOUND"

        [outcome] = remove_members(
            place.organization.pk, [user.pk], transfer_to=heir.pk, **EVERYTHING
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            place.removed(user.pk, heir.pk)


@pytest.mark.django_db
def test_any_order_of_changes_leaves_what_the_model_says(tally: Tally) -> None:
    prove(tally, examples=15, steps=40, machine=Members)


@pytest.mark.slow
@pytest.mark.django_db
def test_many_more_orders_of_changes(tally: Tally) -> None:
    prove(tally, examples=60, steps=60, machine=Members)
