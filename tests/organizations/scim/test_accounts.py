"""Which accounts a directory may change."""

from collections.abc import Callable
from typing import Any

import pytest

from organizations.models import Connection, Membership, Organization, ScimIdentity
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.scim.caller import Directory, new_user, replacing
from tests.organizations.scim.people import ADA
from tests.removals import remove
from users.erasure.service import erase_account
from users.models import User

CHANGES = [
    replacing("displayName", "Eve"),
    replacing("name.givenName", "Eve"),
    {"op": "replace", "value": {"name": {"formatted": "Eve"}}},
    replacing('emails[type eq "work"].value', "eve@evil.example"),
    replacing("emails", [{"value": "eve@evil.example"}]),
    replacing("userName", "eve@evil.example"),
]


def of_the_connection(directory: Directory) -> str:
    return directory.add(ADA, displayName="Ada", name={"givenName": "Ada"})


def there_before(directory: Directory) -> str:
    User.objects.create_user(ADA, full_name="Ada")
    return of_the_connection(directory)


def a_member_before(directory: Directory) -> str:
    account = User.objects.create_user(ADA, full_name="Ada")
    MembershipFactory.create(organization=directory.connection.organization, user=account)
    return account.pk


def of_another_connection(directory: Directory) -> str:
    user_id = of_the_connection(directory)
    former = Connection.objects.create(
        organization=OrganizationFactory.create(), name="before", token_digest=b""
    )
    ScimIdentity.objects.filter(user=user_id).update(account_made_by=former)
    return user_id


def a_member_elsewhere(directory: Directory) -> str:
    user_id = of_the_connection(directory)
    MembershipFactory.create(user=User.objects.get(pk=user_id))
    return user_id


def a_former_member_elsewhere(directory: Directory) -> str:
    user_id = a_member_elsewhere(directory)
    elsewhere = Membership.objects.exclude(organization=directory.connection.organization)
    remove(elsewhere.get(user=user_id))
    return user_id


def _with(user_id: str, **rights: bool) -> str:
    User.objects.filter(pk=user_id).update(**rights)
    return user_id


def staff(directory: Directory) -> str:
    return _with(of_the_connection(directory), is_staff=True)


def superuser(directory: Directory) -> str:
    return _with(of_the_connection(directory), is_superuser=True)


def with_a_password(directory: Directory) -> str:
    user_id = of_the_connection(directory)
    account = User.objects.get(pk=user_id)
    account.set_password("correct horse battery")
    account.save()
    return user_id


STRANGERS = [
    *(there_before, a_member_before, of_another_connection, a_member_elsewhere),
    *(a_former_member_elsewhere, staff, superuser, with_a_password),
]


@pytest.mark.parametrize("whose", STRANGERS)
def test_an_account_that_is_not_the_directorys_keeps_its_name_and_address(
    directory: Directory, whose: Callable[[Directory], str]
) -> None:
    user_id = whose(directory)
    accounts = User.objects.filter(pk=user_id).values("full_name", "email", "password", "is_staff")
    before = accounts.get()

    for change in CHANGES:
        assert directory.patch(f"/Users/{user_id}", change).status == 200
        assert accounts.get() == before


@pytest.mark.parametrize(
    ("change", "name", "address"),
    [
        (replacing("displayName", "Eve"), "Eve", ADA),
        (replacing("userName", "eve@example.com"), "Ada", ADA),
        (replacing('emails[type eq "work"].value', "Eve@example.com"), "Ada", "eve@example.com"),
        (
            replacing("emails", [{"value": "e@work.example", "primary": True}]),
            "Ada",
            "e@work.example",
        ),
    ],
)
def test_an_account_that_the_directory_made_follows_it(
    directory: Directory, change: dict[str, Any], name: str, address: str
) -> None:
    user_id = of_the_connection(directory)

    assert directory.patch(f"/Users/{user_id}", change).status == 200

    account = User.objects.get(pk=user_id)
    assert (account.full_name, account.email) == (name, address)


@pytest.mark.parametrize(
    ("display_name", "name"),
    [("Ada\u202e Lovelace ", "Ada Lovelace"), (" \u200b", "Augusta Ada")],
    ids=["partly-invisible", "invisible"],
)
def test_an_account_has_no_name_that_nobody_sees(
    directory: Directory, display_name: str, name: str
) -> None:
    parts = {"formatted": "", "givenName": "Augusta", "familyName": "Ada"}

    user_id = directory.add(ADA, displayName=display_name, name=parts)

    assert User.objects.get(pk=user_id).full_name == name
    assert directory.send("GET", f"/Users/{user_id}").body["displayName"] == display_name


def test_nobody_logs_into_an_account_that_the_directory_made(directory: Directory) -> None:
    account = User.objects.get(pk=of_the_connection(directory))

    assert not account.has_usable_password()
    assert not account.is_staff


def test_the_directory_sees_its_own_name_of_somebody_and_not_their_accounts(
    directory: Directory,
) -> None:
    UserFactory.create(email=ADA, full_name="Augusta Ada King")

    user_id = directory.add(ADA, displayName="Ada")

    user = directory.send("GET", f"/Users/{user_id}").body
    assert user["displayName"] == "Ada"
    assert "Augusta" not in str(user)
    assert User.objects.get(pk=user_id).full_name == "Augusta Ada King"


def test_the_address_of_another_account_is_not_taken(directory: Directory) -> None:
    UserFactory.create(email="eve@example.com")
    user_id = of_the_connection(directory)
    email = replacing('emails[type eq "work"].value', "eve@example.com")
    name = replacing("displayName", "Eve")

    answer = directory.patch(f"/Users/{user_id}", name, email)

    assert answer.outcome == (409, "uniqueness")
    assert directory.send("GET", f"/Users/{user_id}").body["displayName"] == "Ada"
    assert User.objects.get(pk=user_id).full_name == "Ada"


@pytest.mark.parametrize(
    ("emails", "address"),
    [
        ([], "ada@example.com"),
        ([{"value": "home@example.com", "type": "home"}], "ada@example.com"),
        ([{"value": "work@example.com", "type": "Work"}], "work@example.com"),
        (
            [
                {"value": "work@example.com", "type": "work"},
                {"value": "first@example.com", "type": "home", "primary": True},
            ],
            "first@example.com",
        ),
    ],
)
def test_an_account_has_the_primary_or_work_address_or_the_user_name(
    directory: Directory, emails: list[dict[str, Any]], address: str
) -> None:
    user_id = directory.add(ADA, emails=emails)

    assert User.objects.get(pk=user_id).email == address


@pytest.mark.parametrize("attributes", [{}, {"emails": [{"value": "not one", "primary": True}]}])
def test_nobody_is_added_without_an_address(
    directory: Directory, organization: Organization, attributes: dict[str, Any]
) -> None:
    answer = directory.send("POST", "/Users", new_user("ada", **attributes))

    assert answer.outcome == (400, "invalidValue")
    assert organization.memberships.count() == 1


def test_an_erased_account_is_never_added_again(
    directory: Directory, organization: Organization
) -> None:
    user_id = of_the_connection(directory)
    directory.send("DELETE", f"/Users/{user_id}")
    erased = erase_account(user_id, actor=None).account
    assert not ScimIdentity.objects.exists()

    other_id = of_the_connection(directory)
    answer = directory.send("POST", "/Users", new_user(erased.email))

    assert other_id != user_id
    assert answer.outcome == (400, "invalidValue")
    assert not Membership.objects.current().filter(user=user_id).exists()
