"""Any order of all that can happen to a membership, against a model of what must be true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from rest_framework.test import APIClient

from organizations.assignment.service import add_member, assign
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.guards.caller import Operator
from organizations.guards.transfer_targets import Targets
from organizations.models import TokenBinding
from organizations.removal.service import remove_members
from organizations.restoration.service import preview_restoration, restore_members
from organizations.transfer.service import transfer_resources
from tests.callers import CallerWith
from tests.concurrency import outcome as outcome_of
from tests.proof.figures import Tally
from tests.proof.machine import Machine, code_of, prove
from tests.proof.place import ROLES, Place, Target
from tests.proof.test_state_machine import Organizations
from users.models import AccessToken, User

places, people = Machine.places, Machine.people
role_names = st.sets(st.sampled_from(sorted(ROLES)))
numbers = st.sets(st.integers(0, 1))
receivers = st.sampled_from(
    ["nobody", "department", "department elsewhere", "person", "by type", "one type"]
)


@dataclass(frozen=True)
class Token:
    """A token of somebody, and the tenures that it reaches, by the id of their organization."""

    client: APIClient
    user: str
    tenures: Mapping[str, int]
    is_bound: bool


class Members(Organizations):
    """Members are added, suspended, resumed, restored, changed, and pass on what they own."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens: list[Token] = []

    def target(self, place: Place, receiver: str, heir: User) -> Target:
        """Return to whom things pass."""
        elsewhere = next(other for other in self.world if other is not place)
        match receiver:
            case "person":
                return heir.pk
            case "department":
                return place.departments[0].pk
            case "department elsewhere":
                return elsewhere.departments[0].pk
            case "by type":
                return Targets(place.departments[0].pk, {"document": heir.pk})
            case "one type":
                return Targets(by_type={"repository": heir.pk})
        return None

    def caller_code(self, place: Place, actor: User, needs: Capability) -> str | None:
        """What the API asks of the caller alone."""
        if actor.pk in self.disabled:
            return "TOKEN_INVALID"
        if not place.is_active(actor.pk):
            return "ORGANIZATION_ACCESS_DENIED"
        return None if needs in place.capabilities(actor.pk) else "INSUFFICIENT_PERMISSIONS"

    def deactivation_code(self, place: Place, user: str, target: Target) -> str | None:
        if user not in place.members:
            return "USER_NOT_FOUND"
        if user in place.deactivated:
            return "USER_ALREADY_DEACTIVATED"
        if not self.keeps_an_owner(place, user):
            return "LAST_OWNER_CANNOT_BE_DEACTIVATED"
        return place.target_code(target, [user])

    # States

    @rule(place=places, user=people, receiver=receivers, heir=people)
    def deactivate(self, place: Place, user: User, receiver: str, heir: User) -> None:
        target = self.target(place, receiver, heir)
        expected = self.deactivation_code(place, user.pk, target)

        [outcome] = deactivate_members(
            place.organization.pk, [user.pk], transfer_to=target, caller=Operator()
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            assert outcome.resource_count == place.deactivate(user.pk, target)

    @rule(place=places, actor=people, user=people, heir=people)
    def deactivate_by_api(self, place: Place, actor: User, user: User, heir: User) -> None:
        expected = self.caller_code(place, actor, Capability.DEACTIVATE_USERS)
        if expected is None and user == actor:
            expected = "CANNOT_DEACTIVATE_YOURSELF"
        elif expected is None:
            expected = self.deactivation_code(place, user.pk, heir.pk)

        response: Any = self.client_of(actor).post(
            f"/v1/organizations/{place.organization.pk}/users/{user.pk}/deactivate",
            {"transfer_resources_to_user_id": heir.pk},
        )

        body = response.json()
        assert body.get("error", {}).get("code") == expected
        if expected is None:
            assert body["account_state"] == "deactivated"
            place.deactivate(user.pk, heir.pk)

    @rule(place=places, user=people)
    def reactivate(self, place: Place, user: User) -> None:
        expected = None
        if user.pk not in place.members:
            expected = "USER_NOT_FOUND"
        elif user.pk not in place.deactivated:
            expected = "USER_NOT_DEACTIVATED"

        [outcome] = reactivate_members(place.organization.pk, [user.pk], caller=Operator())

        assert code_of(outcome.refusal) == expected
        if expected is None:
            place.reactivate(user.pk)

    # Ways in

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
            caller=CallerWith(may_give_owner=may_give_owner),
        )
        [outcome] = restore_members(
            place.organization.pk,
            [user.pk],
            caller=CallerWith(may_give_owner=may_give_owner),
        )

        assert code_of(outcome.refusal) == code_of(preview.refusal) == expected
        if expected is None:
            back = place.restore(user.pk)
            assert preview.restoration
            assert outcome.restoration
            assert outcome.restoration.resource_count == preview.restoration.resource_count == back

    @rule(
        place=places, user=people, names=role_names, numbers=numbers, may_give_owner=st.booleans()
    )
    def add(
        self, place: Place, user: User, names: set[str], numbers: set[int], may_give_owner: bool
    ) -> None:
        roles, departments = self.ids(place, names, numbers)
        expected = "done"
        if user.pk in place.members:
            expected = "MEMBERSHIP_ALREADY_EXISTS"
        elif "Owner" in names and not may_give_owner:
            expected = "INSUFFICIENT_PERMISSIONS"

        done = outcome_of(
            lambda: add_member(
                place.organization.pk,
                user.pk,
                role_ids=roles,
                department_ids=departments,
                caller=CallerWith(may_give_owner=may_give_owner),
            )
        )

        assert done == expected
        if done == "done":
            place.add(user.pk, names, departments)

    # What members hold and own

    @rule(place=places, user=people, names=role_names, numbers=numbers)
    def replace_roles_and_departments(
        self, place: Place, user: User, names: set[str], numbers: set[int]
    ) -> None:
        roles, departments = self.ids(place, names, numbers)
        now = place.members.get(user.pk)
        expected = "done"
        if now is None:
            expected = "USER_NOT_FOUND"
        elif "Owner" in now[0] - names and not self.keeps_an_owner(place, user.pk):
            expected = "LAST_OWNER_CANNOT_BE_REMOVED"

        done = outcome_of(
            lambda: assign(
                place.organization.pk,
                user.pk,
                role_ids=roles,
                department_ids=departments,
                caller=Operator(),
            )
        )

        assert done == expected
        if done == "done":
            place.replace(user.pk, names, departments)

    def ids(self, place: Place, names: set[str], numbers: set[int]) -> tuple[list[str], set[str]]:
        """Return the ids of roles and of departments."""
        roles = place.organization.roles.filter(name__in=names).values_list("pk", flat=True)
        return list(roles), {place.departments[number].pk for number in numbers}

    @rule(
        place=places,
        user=people,
        receiver=receivers.filter(lambda receiver: receiver != "nobody"),
        heir=people,
    )
    def pass_on_what_is_left(self, place: Place, user: User, receiver: str, heir: User) -> None:
        target = self.target(place, receiver, heir) or ""
        if place.is_active(user.pk):
            expected: str | None = "USER_IS_ACTIVE"
        elif user.pk not in place.members and user.pk not in place.records:
            expected = "USER_NOT_FOUND"
        else:
            expected = place.target_code(target, [user.pk])

        [outcome] = transfer_resources(
            place.organization.pk, [user.pk], transfer_to=target, caller=Operator()
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            assert outcome.resource_count == place.transfer(user.pk, target)

    # Removals

    @rule(place=places, user=people, heir=people, of_type=st.booleans())
    def remove_for_an_heir(self, place: Place, user: User, heir: User, of_type: bool) -> None:
        target = Targets(by_type={"document": heir.pk}) if of_type else Targets(heir.pk)
        expected = self.removal_code(place, user.pk, target, ALL_CAPABILITIES)

        [outcome] = remove_members(
            place.organization.pk, [user.pk], transfer_to=target, caller=Operator()
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            place.remove(user.pk, target)

    @rule(
        place=places,
        actor=people,
        users=st.lists(people, min_size=1, max_size=4, unique_by=lambda user: user.pk),
        heir=st.none() | people,
    )
    def remove_many_by_api(
        self, place: Place, actor: User, users: list[User], heir: User | None
    ) -> None:
        asked = [user.pk for user in users]
        target = heir.pk if heir else None
        expected = self.caller_code(place, actor, Capability.REMOVE_USERS)
        expected = expected or place.target_code(target, asked)
        outcomes = {} if expected else self.outcomes_of_many(place, actor, asked)

        response: Any = self.client_of(actor).post(
            f"/v1/organizations/{place.organization.pk}/users/delete-bulk",
            {"confirm": True, "user_ids": asked, "transfer_resources_to_user_id": target},
        )

        body = response.json()
        assert body.get("error", {}).get("code") == expected
        results = {
            result["user_id"]: result["error"]["code"] if result["error"] else result["outcome"]
            for result in body.get("results", ())
        }
        assert results == outcomes
        for user, outcome in outcomes.items():
            if outcome == "removed":
                place.remove(user, target)

    def outcomes_of_many(self, place: Place, actor: User, asked: list[str]) -> dict[str, str]:
        """What is to become of each."""
        authority = place.capabilities(actor.pk)
        below = {user for user in asked if place.is_below(user, authority)}
        staying = self.staying(place, [user for user in asked if user in below])

        def outcome(user: str) -> str:
            if user not in place.members:
                known = user in place.records and user in below
                return "already_removed" if known else "USER_NOT_FOUND"
            if user not in below:
                return "INSUFFICIENT_PERMISSIONS"
            return "LAST_OWNER_CANNOT_BE_REMOVED" if user in staying else "removed"

        return {user: outcome(user) for user in asked}

    # Tokens, and how long they reach what they reached when they were issued

    @precondition(lambda self: len(self.tokens) < 6)
    @rule(place=places, user=people, is_bound=st.booleans())
    def issue_a_token(self, place: Place, user: User, is_bound: bool) -> None:
        tenures = {
            place.organization.pk: place.tenures[user.pk]
            for place in ([place] if is_bound else self.world)
            if user.pk in place.members
        }
        if is_bound and not tenures:
            return
        client = self.client_of(user)
        if is_bound and (member := self.membership_of(place, user)):
            token = AccessToken.objects.filter(user=user).latest("pk")
            TokenBinding.objects.create(token=token, membership=member)
        self.tokens.append(Token(client, user.pk, tenures, is_bound))

    @invariant()
    def a_token_reaches_what_there_was_as_long_as_it_is_the_same_membership(self) -> None:
        for token in self.tokens:
            for place in self.world:
                response: Any = token.client.get(
                    f"/v1/organizations/{place.organization.pk}/departments"
                )
                code = response.json()["error"]["code"] if response.status_code != 200 else None
                assert code == self.token_code(token, place)

    def token_code(self, token: Token, place: Place) -> str | None:
        reached = [
            place
            for place in self.world
            if token.user in place.members
            and token.tenures.get(place.organization.pk) == place.tenures[token.user]
        ]
        if token.user in self.disabled or (token.is_bound and not reached):
            return "TOKEN_INVALID"
        works = place in reached and place.is_active(token.user)
        return None if works else "ORGANIZATION_ACCESS_DENIED"


@pytest.mark.django_db
@pytest.mark.usefixtures("unlimited")
def test_any_order_of_changes_leaves_what_the_model_says(tally: Tally) -> None:
    prove(tally, Members, examples=8, steps=40)
