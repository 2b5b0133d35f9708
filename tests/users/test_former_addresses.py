"""Which addresses an account had before, and that nothing is found by them."""

from functools import partial
from importlib import import_module

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client

from organizations.models import Membership
from tests.concurrency import result_after
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.bulk.command import UNASKED, run, users
from tests.organizations.scim.caller import Directory
from tests.refusals import refused, sql
from tests.users.test_login import PASSWORD, log_in
from users.erasure.plan import Addresses
from users.erasure.service import erase_account
from users.models import FormerAddress, User

FORMER, PRESENT = "before@example.com", "now@example.com"

pytestmark = pytest.mark.django_db


def by_save(user: User) -> None:
    user.email = PRESENT
    user.save(update_fields=["email"])


def by_update(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email="NOW@example.com")


def by_bulk_update(user: User) -> None:
    user.email = PRESENT
    User.objects.bulk_update([user], ["email"])


def by_sql(user: User) -> None:
    sql("UPDATE users_user SET email = %s WHERE id = %s", PRESENT, user.pk)


@pytest.fixture
def user() -> User:
    """Somebody who has another address by now."""
    user = UserFactory.create(email=FORMER)
    by_update(user)
    user.refresh_from_db()
    return user


@pytest.mark.parametrize("change", [by_save, by_update, by_bulk_update, by_sql])
def test_a_changed_address_is_kept_however_it_is_changed(change: object) -> None:
    user = UserFactory.create(email=FORMER)

    change(user)  # type: ignore[operator]

    assert Addresses.of(User.objects.get(pk=user.pk)) == Addresses(PRESENT, (FORMER,), ())


def test_what_leaves_the_address_as_it_is_keeps_nothing() -> None:
    user = UserFactory.create(email=FORMER)
    user.full_name = "Ada"
    user.email = "BEFORE@example.com "
    user.save()

    assert not FormerAddress.objects.exists()


def test_an_address_that_comes_back_is_the_present_one(user: User) -> None:
    User.objects.filter(pk=user.pk).update(email=FORMER)
    user.refresh_from_db()

    assert Addresses.of(user) == Addresses(FORMER, (PRESENT,), ())


def test_nothing_is_found_by_a_former_address(
    user: User, admin_client: Client, owner: Membership
) -> None:
    user.set_password(PASSWORD)
    user.is_staff = True
    user.save()
    MembershipFactory.create(organization=owner.organization, user=user)

    assert not User.objects.matching(FORMER).exists()
    assert log_in(Client(), FORMER, PASSWORD) == 200
    assert log_in(Client(), PRESENT, PASSWORD) == 302
    for command in (("create_token", FORMER), ("erase_account", FORMER, "--no-input")):
        with pytest.raises(CommandError):
            call_command(*command)
    for path in ("users/user", "organizations/membership", "organizations/removal"):
        assert PRESENT not in text_of(admin_client.get(f"/admin/{path}/", {"q": FORMER}))
    assert all("former" not in field.name for field in User._meta.get_fields())


def test_no_file_names_somebody_by_a_former_address(user: User, owner: Membership) -> None:
    MembershipFactory.create(organization=owner.organization, user=user)

    assert run(owner.organization, *users(FORMER), *UNASKED).outcomes == ["NO_ACCOUNT"]
    assert run(owner.organization, *users(PRESENT), *UNASKED).outcomes == ["removed"]


def test_a_directory_finds_nobody_by_a_former_address(user: User, owner: Membership) -> None:
    MembershipFactory.create(organization=owner.organization, user=user)
    directory = Directory.of(owner.organization)

    found = directory.send("GET", f'/Users?filter=userName eq "{FORMER}"')

    assert found.body["totalResults"] == 0
    assert directory.add(FORMER) != user.pk


def test_no_page_but_the_erasures_shows_it(user: User, admin_client: Client) -> None:
    pages = ["", f"{user.pk}/change/", f"{user.pk}/history/", f"{user.pk}/delete/"]

    assert not any(
        FORMER in text_of(admin_client.get(f"/admin/users/user/{page}")) for page in pages
    )


def test_an_account_with_former_addresses_can_be_deleted(user: User, admin_client: Client) -> None:
    admin_client.post(f"/admin/users/user/{user.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(pk=user.pk).exists()
    assert not FormerAddress.objects.exists()


def test_the_migration_takes_over_what_the_admins_log_names() -> None:
    user = UserFactory.create(email=PRESENT, full_name="Zeb <root@example.com> of old")
    nameless = UserFactory.create(email="y" * 241 + "@example.com")
    member = MembershipFactory.create(user=user)
    for about, written in (
        (user, "Zeb <Zeb@old.example>"),
        (user, "zeb@older.example"),
        (user, f"Zeb <root@example.com> of old <{PRESENT}>"),
        (user, f"{'Z' * 190} <zeb@cu"),
        (user, f"erased account {user.pk}"),
        (nameless, str(nameless)),
        (member, "Zeb <zeb@member.example> in Acme"),
        (member, "zeb@nameless.example in Acme"),
        (member, "Zeb <zeb@one.example> in Friends <zeb@two.example> in Acme"),
    ):
        LogEntry.objects.create(
            user=user,
            content_type=ContentType.objects.get_for_model(about),
            object_id=about.pk,
            object_repr=written[:200],
            action_flag=CHANGE,
        )
    migration = import_module("users.migrations.0003_former_addresses")

    for statement in (migration.TAKE_OVER_FROM_THE_LOG, migration.KEEP_THE_FORMER_ONES_ALONE):
        sql(statement.replace("%", "%%"))

    assert set(FormerAddress.objects.values_list("account", "address")) == {
        (user.pk, "zeb@old.example"),
        (user.pk, "zeb@older.example"),
        (user.pk, "zeb@member.example"),
        (user.pk, "zeb@nameless.example"),
    }
    taken_over = FormerAddress.objects.get(address="zeb@old.example")
    assert taken_over.had_until == LogEntry.objects.order_by("pk")[0].action_time


@pytest.mark.django_db(transaction=True)
def test_an_address_that_changes_while_its_account_is_erased_is_erased_too() -> None:
    user = UserFactory.create(email=FORMER)

    receipt = result_after(partial(by_update, user), partial(erase_account, user.pk, actor=None))

    assert receipt.account.erased_at
    assert not FormerAddress.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_address_is_not_changed_behind_an_erasure() -> None:
    user = UserFactory.create(email=FORMER)

    with refused("Cannot update rows from users_user"):
        result_after(partial(erase_account, user.pk, actor=None), partial(by_update, user))

    user.refresh_from_db()
    assert user.email == f"{user.pk.lower()}@erased.invalid"
    assert not FormerAddress.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_who_takes_an_address_over_while_it_changes_had_it_later() -> None:
    first, second = UserFactory.create(email=FORMER), UserFactory.create()

    def take_over() -> None:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT now()")  # the transaction is older than the other's end
            User.objects.filter(pk=second.pk).update(email=FORMER)
            User.objects.filter(pk=second.pk).update(email="later@example.com")

    result_after(partial(by_update, first), take_over)

    first.refresh_from_db()
    assert Addresses.of(first).passed_on == (FORMER,)
    second.refresh_from_db()
    assert FORMER in Addresses.of(second).former
