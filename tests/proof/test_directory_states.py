"""Two organizations' directories and erasures, in any order, against a model of who is whose."""

from dataclasses import replace
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, multiple, rule

from organizations.assignment.service import add_member
from organizations.models import ScimIdentity
from organizations.removal.service import remove_members
from organizations.restoration.service import restore_members
from organizations.scim.member_matching import match_members
from tests.callers import CallerWith
from tests.concurrency import outcome
from tests.factories import UserFactory
from tests.organizations.scim.caller import USER, Directory
from tests.organizations.scim.people import found
from tests.proof.figures import Tally
from tests.proof.machine import Machine, code_of, prove
from tests.proof.place import Place
from tests.proof.registry import Account, Accounts, Office, Sent
from tests.resources import make
from tests.users.erasure.test_dump import rows_of_others
from users.erasure.plan import ErasurePlan
from users.erasure.service import ErasureRefusedError, erase_account
from users.models import User

# One domain each, and one that both have; nobody has the last.
DOMAINS = [{"north.example", "both.example"}, {"south.example", "both.example"}]
ADDRESSES = [
    *(f"{name}@{domain}" for domain in ("north.example", "both.example") for name in ("ada", "bo")),
    "ada@south.example",
    "ada@foreign.example",
]
USER_NAMES, EXTERNAL_IDS = [*ADDRESSES, "ada", "ADA", "bo"], ["1", "2"]
LOOK_UPS = {
    **{f'userName eq "{name}"': Sent(name) for name in USER_NAMES},
    **{f'emails.value eq "{address}"': Sent(address=address) for address in ADDRESSES},
    **{f'externalId eq "{known_by}"': Sent(external_id=known_by) for known_by in EXTERNAL_IDS},
}
# Each attribute is asked for by itself, so one question asks for several.
QUESTIONS = [
    *(Sent(user_name=address, address=address) for address in ADDRESSES),
    *(Sent(user_name=name, external_id=known_by) for name, known_by in [("ADA", "1"), ("bo", "2")]),
]

places, people = Machine.places, Machine.people
addresses = st.sampled_from(ADDRESSES)


def sent_of(*, user_name: st.SearchStrategy[str]) -> st.SearchStrategy[Sent]:
    return st.builds(
        Sent,
        user_name=user_name,
        external_id=st.sampled_from(["", "", *EXTERNAL_IDS]),
        address=st.just("") | addresses,
        display_name=st.sampled_from(["", "Ada", "Eve"]),
        active=st.sampled_from([None, None, True, False]),
    )


class Directories(Machine):
    """Directories add, adopt, rename, suspend and remove; staff act in between, and erase.

    The model says what each request is answered, what every account says, and as whom each
    directory knows whom; memberships, roles, resources and events are those of the other machines.
    Addresses pass from one person to another, userNames and externalIds are fewer than people, and
    whoever is erased is found by none. Not here: groups, schedules, a directory that takes
    another's place, PUT, and what is malformed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.accounts = Accounts()
        self.offices: dict[str, Office] = {}

    @initialize(target=people)
    def six_people(self) -> Any:
        """With the owners; two addresses are free."""
        users = [UserFactory.create(email=address) for address in ADDRESSES[1:5]]
        for user in users:
            self.accounts.add(user.pk, user.email, user.full_name)
        return multiple(*users)

    @initialize(target=places)
    def two_organizations(self) -> Any:
        two = super().two_organizations()
        for place, domains in zip(self.world, DOMAINS, strict=True):
            [elsewhere] = [other for other in self.world if other is not place]
            directory = Directory.of(
                place.organization,
                domains=domains,
                transfer_on_removal=place.departments[0],
                transfer_on_deactivate=place.departments[1],
            )
            self.offices[place.organization.pk] = Office(
                place, directory, frozenset(domains), self.accounts, elsewhere
            )
            for user in User.objects.filter(pk__in=place.members):
                self.accounts.add(user.pk, user.email, user.full_name)
        return two

    def office(self, place: Place) -> Office:
        return self.offices[place.organization.pk]

    def would_lose_the_owner(self, place: Place, user: str | None, sent: Sent) -> bool:
        return (
            sent.active is False
            and user in place.members
            and user not in place.deactivated
            and not self.keeps_an_owner(place, user)
        )

    # What directories do

    @rule(target=people, place=places, sent=sent_of(user_name=st.sampled_from(USER_NAMES)))
    def add(self, place: Place, sent: Sent) -> Any:
        """Somebody new, from here, from elsewhere, or of a foreign domain."""
        office = self.office(place)
        meant = next(iter(office.meant(sent).values()), None)
        user = meant or self.accounts.at(sent.account_address)
        expected = office.status_of_adding(sent)
        if expected is None:
            expected = 403 if self.would_lose_the_owner(place, user, sent) else 201

        answer = office.directory.send("POST", "/Users", {"schemas": [USER], **sent.attributes()})

        assert answer.status == expected, answer.body
        if expected != 201:
            return multiple()
        assert user in (None, answer.body["id"])
        office.add(answer.body["id"], sent)
        return multiple() if user else User.objects.get(pk=answer.body["id"])

    @rule(place=places, user=people, sent=sent_of(user_name=st.sampled_from(["", *USER_NAMES])))
    def change(self, place: Place, user: User, sent: Sent) -> None:
        """Another name, address or state; of a leaver, what is wrong else is passed over."""
        office = self.office(place)
        refused: dict[str, int] = {}
        if user.pk not in place.members:
            expected = 404
        elif self.would_lose_the_owner(place, user.pk, sent):
            expected = 403
        elif not office.is_changed(user.pk, sent):
            expected = 200
        else:
            refused = office.refused(user.pk, sent)
            left_out: dict[str, Any] = dict.fromkeys(refused, "")
            kept = replace(sent, **left_out)
            if not refused and not office.can_know(user.pk, kept.user_name):
                refused["user_name"] = 409
            expected = 200 if sent.active is False else next(iter(refused.values()), 200)

        value = sent.attributes()
        answer = office.directory.patch(f"/Users/{user.pk}", {"op": "replace", "value": value})

        assert answer.status == expected, answer.body
        if expected == 200 and office.is_changed(user.pk, sent):
            office.change(user.pk, kept)

    @rule(place=places, user=people)
    def delete(self, place: Place, user: User) -> None:
        if user.pk not in place.members:
            expected = 404
        else:
            expected = 204 if self.keeps_an_owner(place, user.pk) else 403

        answer = self.office(place).directory.send("DELETE", f"/Users/{user.pk}")

        assert answer.status == expected
        if expected == 204:
            self.office(place).remove(user.pk, place.departments[0].pk)

    @rule(place=places, query=st.sampled_from(sorted(LOOK_UPS)))
    def look_up(self, place: Place, query: str) -> None:
        meant = self.office(place).meant(LOOK_UPS[query]).values()
        assert found(self.office(place).directory, quote(query)) == list(meant)

    # What staff do in between

    @rule(place=places, user=people, roles=st.sampled_from([[], ["Member"], ["Owner"]]))
    def add_by_hand(self, place: Place, user: User, roles: list[str]) -> None:
        if self.accounts.by_id[user.pk].is_erased:
            expected = "USER_NOT_FOUND"
        else:
            expected = "MEMBERSHIP_ALREADY_EXISTS" if user.pk in place.members else "done"
        role_ids = place.organization.roles.filter(name__in=roles).values_list("pk", flat=True)

        done = outcome(
            lambda: add_member(
                place.organization.pk, user.pk, role_ids=list(role_ids), caller=CallerWith()
            )
        )

        assert done == expected
        if done == "done":
            place.add(user.pk, roles, [])

    @rule(place=places, user=people, mentioned=addresses)
    def remove_by_hand(self, place: Place, user: User, mentioned: str) -> None:
        """The reason has an address, which may be anybody's."""
        if user.pk not in place.members:
            expected: str | None = "USER_NOT_FOUND"
        else:
            is_spared = self.keeps_an_owner(place, user.pk)
            expected = None if is_spared else "LAST_OWNER_CANNOT_BE_REMOVED"

        [outcome] = remove_members(
            place.organization.pk,
            [user.pk],
            transfer_to=None,
            caller=CallerWith(reason=f"for {mentioned}"),
        )

        assert code_of(outcome.refusal) == expected
        if expected is None:
            self.office(place).remove(user.pk, None)

    @rule(place=places, user=people)
    def restore_by_hand(self, place: Place, user: User) -> None:
        if user.pk in place.members:
            expected: str | None = "MEMBERSHIP_ALREADY_EXISTS"
        else:
            is_known = user.pk in place.records and not self.accounts.by_id[user.pk].is_erased
            expected = None if is_known else "REMOVAL_NOT_FOUND"

        [outcome] = restore_members(place.organization.pk, [user.pk], caller=CallerWith())

        assert code_of(outcome.refusal) == expected
        if expected is None:
            self.office(place).restore(user.pk)

    @rule(user=people, address=addresses, is_staff=st.sampled_from([False, False, True]))
    def change_account_by_hand(self, user: User, address: str, is_staff: bool) -> None:
        """An address that is free passes on to somebody; or they may log into the admin."""
        account = self.accounts.by_id[user.pk]
        if account.is_erased or self.accounts.at(address):
            return
        User.objects.filter(pk=user.pk).update(email=address, is_staff=is_staff)
        self.accounts.move(user.pk, address)
        account.is_staff = is_staff

    @rule(place=places, user=people)
    def own(self, place: Place, user: User) -> None:
        if place.is_active(user.pk):
            [owned] = make(place.organization, user)
            place.resources[owned.pk] = user.pk

    @rule(user=people)
    def erase(self, user: User) -> None:
        """Of others every row stays as it is, also where it has an address of the person."""
        account = User.objects.get(pk=user.pk)
        if self.accounts.by_id[user.pk].is_erased or any(
            user.pk in place.members for place in self.world
        ):
            with pytest.raises(ErasureRefusedError):
                erase_account(user.pk, actor=None)
            return
        before, plan = rows_of_others(account), ErasurePlan.of(account, viewer=None)
        assert plan.addresses.theirs == self.accounts.theirs(user.pk)

        erase_account(user.pk, actor=None, emptied=plan.reasons.record_ids)

        assert rows_of_others(account) == before
        self.accounts.erase(user.pk)
        for office in self.offices.values():
            office.identities.pop(user.pk, None)

    # After every step

    @invariant()
    def each_directory_sees_whom_the_model_says(self) -> None:
        for office in self.offices.values():
            seen = office.directory.send("GET", "/Users").body.get("Resources", ())
            assert {
                user["id"]: (user["userName"], user["emails"][0]["value"], user["active"])
                for user in seen
            } == {
                user: (
                    office.identity_of(user).user_name,
                    self.accounts.by_id[user].address,
                    user not in office.place.deactivated,
                )
                for user in office.place.members
            }

    @invariant()
    def each_directory_means_whom_the_model_says(self) -> None:
        """Asked of the one place where look-ups, additions and changes ask."""
        for office in self.offices.values():
            connection = office.directory.connection
            for sent in QUESTIONS:
                assert office.meant(sent) == match_members(
                    connection,
                    user_name=sent.user_name,
                    external_id=sent.external_id,
                    address=sent.address,
                )

    @invariant()
    def identities_are_as_the_model_says(self) -> None:
        """Those of one directory, whatever the other did; with whose account it made."""
        for organization, office in self.offices.items():
            rows = ScimIdentity.objects.filter(organization=organization)
            connection = office.directory.connection.pk
            assert {
                (
                    *(row.user_id, row.connection_id, row.account_made_by_id),
                    *(row.user_name, row.external_id, row.display_name, row.ended_at is None),
                )
                for row in rows
            } == {
                (
                    *(user, connection, connection if known.has_made_account else None),
                    *(known.user_name, known.external_id, known.display_name, known.ended is None),
                )
                for user, known in office.identities.items()
            }

    @invariant()
    def accounts_say_what_the_model_says(self) -> None:
        """So nobody's is changed by a directory whose it is not; and nobody erased is found."""
        assert {
            user.pk: Account(user.email, user.full_name, user.is_staff, user.erased_at is not None)
            for user in User.objects.all()
        } == self.accounts.by_id
        for address in ADDRESSES:
            holder = self.accounts.at(address)
            matching = User.objects.matching(address).values_list("pk", flat=True)
            assert list(matching) == ([holder] if holder else [])


@pytest.mark.django_db
@pytest.mark.usefixtures("unlimited")
def test_any_order_of_what_directories_and_staff_do_leaves_what_the_model_says(
    tally: Tally,
) -> None:
    prove(tally, Directories, examples=6, steps=40)


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.usefixtures("unlimited")
def test_many_more_orders_of_what_directories_and_staff_do(tally: Tally) -> None:
    prove(tally, Directories, examples=8, steps=60)
