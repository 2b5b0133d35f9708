"""Any order of registrations, deletions and chains of removals, against the model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import rule

from organizations.capabilities import Capability
from organizations.exceptions import ResourceNotFoundError
from organizations.guards.caller import Operator
from organizations.resources.deletion import delete
from organizations.resources.importing import LineOutcome, import_lines
from organizations.restoration.service import preview_restoration, restore_members
from tests.callers import CallerWith
from tests.proof.figures import Tally
from tests.proof.machine import Machine, code_of, prove
from tests.proof.place import Place, targets_of
from tests.proof.test_member_states import Members
from users.models import User

places, people = Machine.places, Machine.people
types = st.sampled_from(["repository", "document"])
keys = st.tuples(types, st.sampled_from("ab"))
owners = st.sampled_from(["nobody", "department", "department elsewhere", "person", "person"])


@dataclass(frozen=True)
class Line:
    """What an import says of one key: whose it is; or it gives the key to what has none."""

    key: tuple[str, str]
    receiver: str
    names_one_without_key: bool = False


lines = st.lists(st.builds(Line, keys, owners, st.booleans()), min_size=1, max_size=4)


class Resources(Members):
    """Other systems say what there is and whose; members leave one after the other and return."""

    def owner(self, place: Place, receiver: str, user: User) -> str | None:
        """Return who is to own something: the user, a department, or whoever has it."""
        return targets_of(self.target(place, receiver, user)).default

    def owner_fields(self, owner: str | None) -> dict[str, str]:
        if owner is None:
            return {}
        field = "owner_department_id" if owner.startswith("dept_") else "owner_user_id"
        return {field: owner}

    # What other systems say

    @rule(place=places, actor=people, key=keys, receiver=owners, user=people)
    def put(
        self, place: Place, actor: User, key: tuple[str, str], receiver: str, user: User
    ) -> None:
        """Without an owner, who has it keeps it."""
        owner, known = self.owner(place, receiver, user), place.keys.get(key)
        expected = self.caller_code(place, actor, Capability.MANAGE_RESOURCES)
        expected = expected or place.owner_code(owner, known)

        response: Any = self.client_of(actor).put(
            f"/v1/organizations/{place.organization.pk}/resources/{'/'.join(key)}",
            {"name": "thing", **self.owner_fields(owner)},
        )

        body = response.json()
        assert body.get("error", {}).get("code") == expected
        if expected is None:
            assert response.status_code == (200 if known else 201)
            assert known in (None, body["id"])
            self.pass_registered(place, [(body["id"], key, owner)])

    @rule(place=places, lines=lines, user=people)
    def import_many(self, place: Place, lines: list[Line], user: User) -> None:
        """A key that stands twice is refused; of the other lines each is done for itself."""
        without_key = sorted(place.resources.keys() - place.keys.values())[:1]
        asked = [
            {
                "type": line.key[0],
                "external_id": line.key[1],
                "name": "thing",
                **self.owner_fields(self.owner(place, line.receiver, user)),
                **({"id": without_key[0]} if line.names_one_without_key and without_key else {}),
            }
            for line in lines
        ]
        expected = [self.line_code(place, line, asked) for line in asked]

        outcomes = import_lines(place.organization.pk, asked, caller=Operator())

        assert [code_of(outcome.refusal) for outcome in outcomes] == expected
        self.pass_registered(place, list(self.done(asked, outcomes)))

    def line_code(
        self, place: Place, line: Mapping[str, str], asked: Sequence[Mapping[str, str]]
    ) -> str | None:
        """Why one line of an import is refused."""
        key = (line["type"], line["external_id"])
        keys = [(each["type"], each["external_id"]) for each in asked]
        of_id = [key for each, key in zip(asked, keys, strict=True) if "id" in each]
        if keys.count(key) > 1 or (key in of_id and len(of_id) > 1):
            return "VALIDATION_ERROR"
        if "id" in line and key in place.keys:
            return "VALIDATION_ERROR"
        known = line.get("id") or place.keys.get(key)
        return place.owner_code(line.get("owner_user_id") or line.get("owner_department_id"), known)

    def done(
        self, asked: Sequence[Mapping[str, str]], outcomes: Sequence[LineOutcome]
    ) -> list[tuple[str, tuple[str, str], str | None]]:
        """Return the resource, key and owner of each line that was done."""
        return [
            (
                outcome.resource_id,
                (line["type"], line["external_id"]),
                line.get("owner_user_id") or line.get("owner_department_id"),
            )
            for line, outcome in zip(asked, outcomes, strict=True)
            if outcome.resource_id
        ]

    def pass_registered(
        self, place: Place, registered: Sequence[tuple[str, tuple[str, str], str | None]]
    ) -> None:
        """Whoever lost something in one request has an event for each target, departments one."""
        passed = {
            (before if before.startswith("usr_") else None, owner)
            for resource, key, owner in registered
            for before in place.register(resource, key, owner)
        }
        for user, _ in passed:
            place.events["resources.transferred", user] += 1

    @rule(place=places, actor=people, key=keys)
    def delete_by_key(self, place: Place, actor: User, key: tuple[str, str]) -> None:
        known = place.keys.get(key)
        expected = self.caller_code(place, actor, Capability.MANAGE_RESOURCES)
        expected = expected or (None if known else "RESOURCE_NOT_FOUND")

        response: Any = self.client_of(actor).delete(
            f"/v1/organizations/{place.organization.pk}/resources/{'/'.join(key)}"
        )

        code = response.json()["error"]["code"] if response.content else None
        assert code == expected
        if known and code is None:
            place.delete(known)

    @rule(place=places, other=places, number=st.integers(0, 20))
    def delete_one(self, place: Place, other: Place, number: int) -> None:
        """Also what a removal passed on: a restoration has that much less to give back."""
        if number >= len(other.resources):
            return
        resource = sorted(other.resources)[number]
        if place is other:
            delete(place.organization.pk, resource, caller=Operator())
            place.delete(resource)
        else:
            with pytest.raises(ResourceNotFoundError):
                delete(place.organization.pk, resource, caller=Operator())

    # Chains of removals

    @rule(
        place=places,
        chain=st.lists(people, min_size=3, max_size=4, unique_by=lambda user: user.pk),
        key=keys,
        returning=st.randoms(use_true_random=False),
        way_back=st.sampled_from(["in reverse", "in any order", "together", "not yet"]),
    )
    def leave_one_after_the_other(
        self,
        place: Place,
        chain: list[User],
        key: tuple[str, str],
        returning: Any,
        way_back: str,
    ) -> None:
        """Each leaves what they own to the next, who leaves; then some or all come back."""
        for user in chain:
            if user.pk in place.records and user.pk not in place.members:
                self.restore(place, user, may_give_owner=True)
            elif user.pk not in place.members:
                self.add(place, user, set(), set(), may_give_owner=True)
            self.reactivate(place, user)
        self.import_many(place, [Line(key, "person")], chain[0])
        leavers = chain[:-1]
        for user, heir in pairwise(chain):
            self.remove_for_an_heir(place, user, heir, of_type=key[0] == "document")

        if way_back == "in reverse":
            for user in reversed(leavers):
                self.restore(place, user, may_give_owner=True)
        elif way_back == "in any order":
            for user in returning.sample(leavers, returning.randint(1, len(leavers))):
                self.restore(place, user, may_give_owner=True)
        elif way_back == "together":
            self.restore_together(place, leavers)

    @rule(place=places, users=st.lists(people, min_size=2, max_size=4, unique_by=lambda u: u.pk))
    def restore_together(self, place: Place, users: list[User]) -> None:
        """As if the newest removal were undone first, in whatever order they are named."""
        asked = [user.pk for user in users]
        expected = {user: self.restoration_code(place, user) for user in asked}

        previews = preview_restoration(place.organization.pk, asked, caller=CallerWith())
        outcomes = restore_members(place.organization.pk, asked, caller=CallerWith())

        for several in (previews, outcomes):
            assert {each.user_id: code_of(each.refusal) for each in several} == expected
        returning = [user for user in asked if expected[user] is None]
        returning.sort(key=lambda user: place.records[user].number, reverse=True)
        back = {user: place.restore(user) for user in returning}
        for several in (previews, outcomes):
            assert {
                each.user_id: each.restoration.resource_count
                for each in several
                if each.restoration
            } == back

    def restoration_code(self, place: Place, user: str) -> str | None:
        if user in place.members:
            return "MEMBERSHIP_ALREADY_EXISTS"
        return None if user in place.records else "REMOVAL_NOT_FOUND"


@pytest.mark.django_db
@pytest.mark.usefixtures("unlimited")
def test_any_order_of_registrations_and_chains_leaves_what_the_model_says(tally: Tally) -> None:
    prove(tally, Resources, examples=8, steps=40)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("unlimited")
def test_many_more_orders_of_registrations_and_chains(tally: Tally) -> None:
    prove(tally, Resources, examples=15, steps=60)
