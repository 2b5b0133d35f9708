"""Accounts in the admin where PASSWORD_LOGIN is false: nobody is asked for a password of no use."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.organizations.admin.staff import browser_of
from tests.users.admin.test_authority import USERS
from users.models import User

pytestmark = pytest.mark.django_db

OWN_PASSWORD = "/admin/password_change/"  # noqa: S105


@pytest.fixture
def user(db: None) -> User:
    return User.objects.create_superuser("root@example.com", "one of before")


@pytest.fixture
def browser(user: User, settings: Settings) -> Client:
    settings.PASSWORD_LOGIN = False
    return browser_of(user)


def test_with_password_login_a_password_is_offered_and_changed(user: User) -> None:
    browser = browser_of(user)

    assert OWN_PASSWORD in browser.get("/admin/").content.decode()
    assert browser.get(OWN_PASSWORD).status_code == 200
    assert "../password/" in browser.get(f"{USERS}{user.pk}/change/").content.decode()


def test_no_page_offers_a_password(user: User, browser: Client) -> None:
    for page in ("/admin/", f"{USERS}{user.pk}/change/", f"{USERS}add/"):
        text = browser.get(page).content.decode()
        assert not any(offer in text for offer in ("Change password", "../password/", "password1"))


def test_the_pages_that_change_a_password_are_not_found(user: User, browser: Client) -> None:
    pages = (OWN_PASSWORD, f"{OWN_PASSWORD}done/", f"{USERS}{user.pk}/password/")

    assert [browser.get(page).status_code for page in pages] == [404] * 3
    assert [browser.post(page).status_code for page in pages] == [404] * 3


def test_an_account_is_changed_and_keeps_its_password(user: User, browser: Client) -> None:
    form = {"email": user.email, "full_name": "New", "is_active": "on", "is_staff": "on"}

    assert browser.post(f"{USERS}{user.pk}/change/", form).status_code == 302

    found = User.objects.get()
    assert (found.full_name, found.password) == ("New", user.password)


def test_a_new_account_gets_no_password(browser: Client) -> None:
    form = {"email": "new@example.com", "password1": "of no use", "password2": "of no use"}

    assert browser.post(f"{USERS}add/", form).status_code == 302

    assert User.objects.get(email="new@example.com").password.startswith("!")
