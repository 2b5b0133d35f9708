"""Forms of accounts that are saved at the same moment as something else is changed."""

from functools import partial

import pytest
from django.test import Client

from tests.concurrency import result_after
from tests.factories import UserFactory
from tests.organizations.admin.staff import browser_of, browser_with
from tests.users.admin.test_authority import USERS, form_of
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "correct horse battery staple"  # noqa: S105 (a test's)
TWICE = {"usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}


def loses_their_rights(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=False, is_active=False)


@pytest.fixture
def user(db: None) -> User:
    """Somebody of the staff, who changes passwords as Django does."""
    user: User = UserFactory.create(is_staff=True)
    user.set_password("the one before")
    user.save()
    return user


@pytest.fixture
def browser(db: None) -> Client:
    return browser_with("view_user", "change_user")


def test_who_loses_their_rights_while_an_account_is_renamed_does_not_get_them_back(
    user: User, browser: Client
) -> None:
    form = form_of(user, full_name="New")
    del form["is_active"]

    response = result_after(
        partial(loses_their_rights, user),
        partial(browser.post, f"{USERS}{user.pk}/change/", form),
    )

    assert response.status_code == 302
    user.refresh_from_db()
    assert (user.full_name, user.is_staff, user.is_active) == ("New", False, False)


def test_nor_while_they_are_given_a_password(user: User, browser: Client) -> None:
    response = result_after(
        partial(loses_their_rights, user),
        partial(browser.post, f"{USERS}{user.pk}/password/", TWICE),
    )

    assert response.status_code == 302
    user.refresh_from_db()
    assert user.check_password(PASSWORD)
    assert (user.is_staff, user.is_active) == (False, False)


def test_nor_while_they_change_their_own(user: User) -> None:
    form = {
        "old_password": "the one before",
        "new_password1": PASSWORD,
        "new_password2": PASSWORD,
    }

    result_after(
        partial(loses_their_rights, user),
        partial(browser_of(user).post, "/admin/password_change/", form),
    )

    user.refresh_from_db()
    assert (user.is_staff, user.is_active) == (False, False)


def test_a_password_that_is_changed_while_an_account_is_renamed_stays(
    user: User, browser: Client
) -> None:
    def change_password() -> None:
        theirs = User.objects.get(pk=user.pk)
        theirs.set_password(PASSWORD)
        theirs.save()

    result_after(
        change_password,
        partial(browser.post, f"{USERS}{user.pk}/change/", form_of(user, full_name="New")),
    )

    user.refresh_from_db()
    assert user.full_name == "New"
    assert user.check_password(PASSWORD)
