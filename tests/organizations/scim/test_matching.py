"""Whom a directory means, by what it sends and what came before."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import pytest

from organizations.models import Event, ScimIdentity
from tests.factories import MembershipFactory
from tests.organizations.restoration.verbs import restore
from tests.organizations.scim.caller import OFF, Directory, new_user, replacing, rights
from tests.organizations.scim.people import ADA, a_member_by_hand, found, member_of, successor_of
from tests.removals import remove
from users.models import User

# What came before: each returns the directory that is connected then.


def nobody(directory: Directory) -> Directory:
    return directory


def somebody_elsewhere(directory: Directory) -> Directory:
    MembershipFactory.create(user__email=ADA, user__full_name="Augusta")
    return directory


def known(directory: Directory) -> Directory:
    directory.add("ada", displayName="Ada", emails=[{"value": ADA, "type": "work"}])
    return directory


def known_by_the_address(directory: Directory) -> Directory:
    directory.add(ADA, displayName="Ada")
    return directory


def deleted(directory: Directory) -> Directory:
    known(directory)
    assert directory.send("DELETE", f"/Users/{member_of(directory).user_id}").status == 204
    return directory


def deleted_and_restored(directory: Directory) -> Directory:
    member = member_of(known(directory))
    directory.send("DELETE", f"/Users/{member.user_id}")
    restore(member)
    return directory


def removed_here_and_restored(directory: Directory) -> Directory:
    member = member_of(known(directory))
    remove(member)
    restore(member)
    return directory


def deleted_and_added_by_hand(directory: Directory) -> Directory:
    deleted(directory)
    MembershipFactory.create(
        organization=directory.connection.organization, user=User.objects.get(email=ADA)
    )
    return directory


def known_to_a_former_directory(directory: Directory) -> Directory:
    return successor_of(known(directory))


def deleted_by_a_former_directory_and_restored(directory: Directory) -> Directory:
    member = member_of(known(directory))
    directory.send("DELETE", f"/Users/{member.user_id}")
    successor = successor_of(directory)
    restore(member)
    return successor


@dataclass(frozen=True, slots=True)
class Case:
    """What came before, and what it means for a POST and for changes of the account."""

    before: Callable[[Directory], Directory]
    is_member: bool
    is_managed: bool
    follows: bool


CASES = [
    Case(nobody, is_member=False, is_managed=False, follows=True),
    Case(somebody_elsewhere, is_member=False, is_managed=False, follows=False),
    Case(a_member_by_hand, is_member=True, is_managed=False, follows=False),
    Case(known, is_member=True, is_managed=True, follows=True),
    Case(known_by_the_address, is_member=True, is_managed=True, follows=True),
    Case(deleted, is_member=False, is_managed=False, follows=True),
    Case(deleted_and_restored, is_member=True, is_managed=True, follows=True),
    Case(removed_here_and_restored, is_member=True, is_managed=True, follows=True),
    Case(deleted_and_added_by_hand, is_member=True, is_managed=False, follows=True),
    Case(known_to_a_former_directory, is_member=True, is_managed=False, follows=True),
    Case(
        deleted_by_a_former_directory_and_restored, is_member=True, is_managed=False, follows=True
    ),
]
SENT = {
    "address": new_user(ADA),
    "ADDRESS": new_user(ADA.upper(), externalId="Okta-1"),
    "work_email": new_user("ada", emails=[{"value": ADA, "type": "work"}]),
    "primary_email": new_user(
        "a.lovelace",
        externalId="1",
        emails=[{"value": "a@home.example", "type": "work"}, {"value": ADA, "primary": True}],
    ),
}
cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.before.__name__)


@cases
@pytest.mark.parametrize("sent", SENT.values(), ids=SENT)
def test_a_post_adds_adopts_or_is_refused_and_then_the_directory_finds_and_changes_them(
    directory: Directory, case: Case, sent: dict[str, Any]
) -> None:
    directory = case.before(directory)
    organization = directory.connection.organization
    adopted = Event.objects.filter(type="member.adopted")
    assert bool(found(directory, f'emails.value eq "{ADA}"')) is case.is_member

    answer = directory.send("POST", "/Users", sent)

    user_id = member_of(directory).user_id
    if case.is_managed:
        assert answer.outcome == (409, "uniqueness")
        assert found(directory, f'emails.value eq "{ADA}"') == [user_id]
        assert not adopted.exists()
    else:
        assert (answer.status, answer.body["id"]) == (201, user_id)
        assert found(directory, f'userName eq "{sent["userName"]}"') == [user_id]
        if "externalId" in sent:
            assert found(directory, f'externalId eq "{sent["externalId"]}"') == [user_id]
        assert adopted.filter(user=user_id, connection=directory.connection).exists() is (
            case.is_member
        )
        assert directory.send("POST", "/Users", sent).status == 409
    assert ScimIdentity.objects.get(organization=organization).connection == directory.connection

    naming = replacing("displayName", "Countess")
    assert directory.patch(f"/Users/{user_id}", naming).body["displayName"] == "Countess"
    assert (User.objects.get(pk=user_id).full_name == "Countess") is case.follows
    assert rights(organization, user_id) == frozenset()
    assert directory.patch(f"/Users/{user_id}", OFF).status == 200
    assert rights(organization, user_id) is None
    assert directory.send("DELETE", f"/Users/{user_id}").status == 204
    assert found(directory, f'emails.value eq "{ADA}"') == []


@cases
def test_a_post_of_a_leaver_shuts_out_whoever_is_added_or_adopted(
    directory: Directory, case: Case
) -> None:
    directory = case.before(directory)

    answer = directory.send("POST", "/Users", new_user(ADA, active=False))

    may_act = rights(directory.connection.organization, member_of(directory).user_id) is not None
    if case.is_managed:  # the directory finds them and sends a PATCH
        assert (answer.status, may_act) == (409, True)
    else:
        assert (answer.status, answer.body["active"], may_act) == (201, False, False)


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.is_member], ids=lambda case: case.before.__name__
)
@pytest.mark.parametrize("form", ["patch", "put"])
def test_who_is_found_is_shut_out_by_a_change_and_managed_from_then_on(
    directory: Directory, case: Case, form: str
) -> None:
    directory = case.before(directory)
    [user_id] = found(directory, f'emails.value eq "{ADA}"')
    path = f"/Users/{user_id}"

    answer = (
        directory.patch(path, OFF)
        if form == "patch"
        else directory.send("PUT", path, new_user(ADA, active=False))
    )

    assert (answer.status, answer.body["active"]) == (200, False)
    assert rights(directory.connection.organization, user_id) is None
    adoptions = Event.objects.filter(type="member.adopted", user=user_id)
    assert adoptions.exists() is not case.is_managed


def test_a_member_is_found_whatever_their_address(directory: Directory) -> None:
    member = MembershipFactory.create(
        organization=directory.connection.organization, user__email="ada@elsewhere.example"
    )

    assert found(directory, 'userName eq "ada@elsewhere.example"') == [member.user_id]
    assert directory.add("ada@elsewhere.example") == member.user_id


@pytest.mark.parametrize(
    "written",
    [
        "ADA@Example.COM",
        "ada\uff20example.com",
        "\uff41da@example.com",
        "ada\u200b@example\u3002com",
    ],
)
def test_an_address_means_the_same_member_however_it_is_written(
    directory: Directory, written: str
) -> None:
    known(directory)
    other = directory.add("bob@example.com")
    user_id = member_of(directory).user_id
    taken = replacing("userName", written)

    assert found(directory, quote(f'userName eq "{written}"')) == [user_id]
    assert directory.send("POST", "/Users", new_user(written)).status == 409
    assert directory.patch(f"/Users/{other}", taken).status == 409


def test_an_adopted_member_who_was_deactivated_works_again_if_the_directory_says_so(
    directory: Directory,
) -> None:
    a_member_by_hand(directory)
    member = member_of(directory)
    directory.patch(f"/Users/{member.user_id}", OFF)
    directory = successor_of(directory)

    directory.add(ADA)
    assert rights(member.organization, member.user_id) is None

    directory = successor_of(directory)
    directory.add(ADA, active=True)
    assert rights(member.organization, member.user_id) == frozenset()


@pytest.mark.parametrize(
    ("sent", "named"),
    [
        (
            new_user("eve@example.com", emails=[{"value": ADA, "primary": True}]),
            ["userName", "emails"],
        ),
        (new_user("eve", emails=[{"value": ADA, "primary": True}]), ["userName", "emails"]),
        (
            new_user("new", externalId="E", emails=[{"value": ADA, "type": "work"}]),
            ["externalId", "emails"],
        ),
        (new_user(ADA, externalId="E"), ["userName", "externalId"]),
    ],
)
def test_attributes_that_name_two_members_are_refused_and_both_are_named(
    directory: Directory, sent: dict[str, Any], named: list[str]
) -> None:
    directory.add("eve", externalId="E", emails=[{"value": "eve@example.com", "type": "work"}])
    a_member_by_hand(directory)
    before = directory.send("GET", "/Users").body

    answer = directory.send("POST", "/Users", sent)

    assert answer.outcome == (409, "uniqueness")
    assert all(name in answer.body["detail"] for name in named)
    assert directory.send("GET", "/Users").body == before


@pytest.mark.parametrize("type_of_email", [{"type": "home"}, {"type": "other"}, {}])
def test_other_emails_are_neither_looked_up_nor_kept(
    directory: Directory, type_of_email: dict[str, str]
) -> None:
    a_member_by_hand(directory)
    emails = [{"value": ADA, **type_of_email}]

    user_id = directory.add("eve@example.com", emails=emails)

    assert user_id != member_of(directory).user_id
    assert ADA not in str(directory.send("GET", f"/Users/{user_id}").body)
    directory.patch(f"/Users/{user_id}", {"op": "add", "path": "emails", "value": emails})
    assert User.objects.get(pk=user_id).email == "eve@example.com"
    assert found(directory, f'emails.value eq "{ADA}"') == [member_of(directory).user_id]
