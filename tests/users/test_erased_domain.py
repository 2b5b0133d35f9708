"""Addresses of erased.invalid are of erased accounts alone, at every door."""

from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client

from organizations.models import Membership
from tests.factories import UserFactory
from tests.organizations.scim.caller import Directory, new_user
from tests.refusals import refused, sql
from users.email_address import validate_address
from users.erasure.service import erase_account
from users.models import User

SPELLINGS = ["ada@erased.invalid", "Ada@ERASED.Invalid", "ada@erased\u3002invalid\u200b"]
CONSTRAINT = "erased_address_is_the_accounts_own"
WORDS = "Erased accounts alone have addresses of erased.invalid."

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", SPELLINGS)
def test_no_form_takes_one(admin_client: Client, address: str) -> None:
    user = UserFactory.create()
    new = {"email": address, "full_name": "Ada", "usable_password": "false"}

    pages = [
        admin_client.post("/admin/users/user/add/", new),
        admin_client.post(f"/admin/users/user/{user.pk}/change/", new),
    ]

    for page in pages:
        assert page.status_code == 200
        assert WORDS in page.content.decode()
    assert not User.objects.filter(email=address).exists()


@pytest.mark.parametrize("address", SPELLINGS)
@pytest.mark.parametrize("attribute", ["userName", "emails"])
def test_no_directory_makes_one(owner: Membership, address: str, attribute: str) -> None:
    directory = Directory.of(owner.organization)
    emails = [{"value": address, "primary": True}] if attribute == "emails" else []
    user_name = "ada" if emails else address

    answer = directory.send("POST", "/Users", new_user(user_name, emails=emails))

    assert (answer.status, answer.body["scimType"]) == (400, "invalidValue")
    assert owner.organization.memberships.count() == 1


def test_no_directory_changes_an_address_to_one(owner: Membership) -> None:
    directory = Directory.of(owner.organization)
    user_id = directory.add("ada@example.com")
    change = {
        "op": "replace",
        "path": "emails",
        "value": [{"value": SPELLINGS[1], "primary": True}],
    }

    answer = directory.patch(f"/Users/{user_id}", change)

    assert (answer.status, answer.body["scimType"]) == (400, "invalidValue")
    assert User.objects.get(pk=user_id).email == "ada@example.com"


@pytest.mark.parametrize("address", SPELLINGS)
def test_no_command_makes_one(address: str) -> None:
    with pytest.raises(CommandError, match=WORDS):
        call_command("createsuperuser", email=address, full_name="Ada", interactive=False)


def created(address: str) -> None:
    User.objects.create_user(address)


def created_in_bulk(address: str) -> None:
    User.objects.bulk_create([User(email=address)])


def updated(address: str) -> None:
    User.objects.filter(pk=UserFactory.create().pk).update(email=address)


def sent_as_sql(address: str) -> None:
    sql("UPDATE users_user SET email = 'ada@erased.invalid' WHERE id = %s", UserFactory.create().pk)


@pytest.mark.parametrize("write", [created, created_in_bulk, updated, sent_as_sql])
@pytest.mark.parametrize("address", SPELLINGS)
def test_the_database_takes_none(write: Callable[[str], None], address: str) -> None:
    with refused(CONSTRAINT):
        write(address)


def test_nobody_is_given_the_address_that_an_erasure_will_need() -> None:
    user = UserFactory.create()

    with refused(CONSTRAINT), transaction.atomic():
        UserFactory.create(email=f"{user.pk.lower()}@erased.invalid")

    assert erase_account(user.pk, actor=None).account.erased_at


def test_an_erased_account_has_its_own_and_no_other() -> None:
    erased = erase_account(UserFactory.create().pk, actor=None).account
    fields = {
        field.attname: getattr(erased, field.attname)
        for field in User._meta.concrete_fields
        if field.attname not in {"id", "name_words"}
    }

    with refused(CONSTRAINT):
        UserFactory.create(**fields | {"email": "ada@erased.invalid"})


@pytest.mark.parametrize("address", ["ada@was-erased.invalid", "erased.invalid@example.com"])
def test_an_address_that_is_only_like_one_is_taken(address: str) -> None:
    validate_address(address)

    assert UserFactory.create(email=address).email == address


def test_a_longer_domain_is_another() -> None:
    validate_address("ada@mail.erased.invalid")
    with pytest.raises(ValidationError):
        validate_address("ada@mail@erased.invalid")
