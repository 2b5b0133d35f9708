"""Forms of accounts that are saved at the same moment as something else is changed."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client

from tests.concurrency import result_after
from tests.factories import UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from tests.users.admin.test_authority import USERS, form_of
from tests.users.losses import is_disabled, leaves_the_staff, loses_the_permissions
from users.erasure.service import erase_account
from users.models import AccessToken, User

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


@pytest.mark.parametrize("page", ["change", "password"])
def test_who_loses_their_rights_while_their_account_is_saved_does_not_get_them_back(
    user: User, browser: Client, page: str
) -> None:
    form = form_of(user, full_name="New", **TWICE)
    del form["is_active"]

    response = result_after(
        partial(loses_their_rights, user),
        partial(browser.post, f"{USERS}{user.pk}/{page}/", form),
    )

    assert response.status_code == 302
    user.refresh_from_db()
    is_saved = user.full_name == "New" if page == "change" else user.check_password(PASSWORD)
    assert (is_saved, user.is_staff, user.is_active) == (True, False, False)


def test_who_loses_their_rights_while_they_change_their_password_does_not_get_them_back(
    user: User,
) -> None:
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


def is_deleted(staff: User) -> None:
    User.objects.filter(pk=staff.pk).delete()


def is_erased(staff: User) -> None:
    erase_account(staff.pk, actor=None)


LOSSES = pytest.mark.parametrize(
    "loss", [leaves_the_staff, is_disabled, loses_the_permissions, is_deleted]
)


@LOSSES
@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_staff_who_lose_their_rights_while_a_page_waits_change_nothing(
    loss: Callable[[User], None], page: str
) -> None:
    staff = staff_with("view_user", "change_user", "delete_user", "delete_accesstoken")
    user = UserFactory.create(full_name="Lea")

    def change() -> None:
        loss(staff)
        User.objects.filter(pk=user.pk).update(time_zone="Asia/Tokyo")

    response = result_after(
        change,
        partial(
            browser_of(staff).post,
            f"{USERS}{user.pk}/{page}/",
            form_of(user, full_name="New", post="yes", **TWICE),
        ),
    )

    assert response.status_code == 403
    found = User.objects.get(pk=user.pk)
    assert (found.full_name, found.password) == ("Lea", user.password)


def test_who_stops_being_a_superuser_meanwhile_makes_nobody_one(user: User) -> None:
    boss = staff_with("view_user", "change_user")
    User.objects.filter(pk=boss.pk).update(is_superuser=True)

    def change() -> None:
        User.objects.filter(pk=boss.pk).update(is_superuser=False)
        User.objects.filter(pk=user.pk).update(time_zone="Asia/Tokyo")

    form = form_of(user, full_name="New", is_superuser="on", is_staff="on")
    result_after(change, partial(browser_of(boss).post, f"{USERS}{user.pk}/change/", form))

    user.refresh_from_db()
    assert (user.full_name, user.is_superuser) == ("New", False)


def test_of_two_superusers_who_disable_each_other_at_once_one_stays() -> None:
    one, other = UserFactory.create_batch(2, is_staff=True, is_superuser=True)

    def disabling(actor: User, account: User) -> Callable[[], Any]:
        form = form_of(account, is_staff="on", is_superuser="on")
        del form["is_active"]
        return partial(browser_of(actor).post, f"{USERS}{account.pk}/change/", form)

    refused = result_after(disabling(one, other), disabling(other, one))

    assert refused.status_code == 403
    assert list(User.objects.filter(is_active=True)) == [one]


@pytest.mark.parametrize("loss", [is_disabled, is_deleted, is_erased])
@pytest.mark.parametrize(
    ("page", "form"),
    [
        ("password_change", {"new_password1": PASSWORD, "new_password2": PASSWORD}),
        ("time-zone", {"time_zone": "Europe/Berlin"}),
    ],
    ids=["password", "time zone"],
)
def test_who_loses_their_account_while_a_page_waits_changes_nothing_of_it(
    user: User, page: str, form: dict[str, str], loss: Callable[[User], None]
) -> None:
    form = {"old_password": "the one before", **form}

    response = result_after(
        partial(loss, user), partial(browser_of(user).post, f"/admin/{page}/", form)
    )

    assert response.status_code == 403


@LOSSES
def test_staff_who_lose_their_rights_while_an_action_waits_revoke_no_token(
    user: User, loss: Callable[[User], None]
) -> None:
    staff = staff_with("view_accesstoken", "change_accesstoken")
    token, _ = AccessToken.objects.issue(user, name="", lifetime=timedelta(days=1))
    form = {"action": "revoke", "_selected_action": token.pk}

    def change() -> None:
        loss(staff)
        AccessToken.objects.update(name="New")

    response = result_after(
        change, partial(browser_of(staff).post, "/admin/users/accesstoken/", form)
    )

    assert response.status_code == 403
    assert not AccessToken.objects.get().revoked_at


def test_a_token_that_somebody_else_revokes_meanwhile_is_revoked_once(
    user: User, admin_client: Client
) -> None:
    token, _ = AccessToken.objects.issue(user, name="", lifetime=timedelta(days=1))
    earlier = token.created_at

    result_after(
        partial(AccessToken.objects.update, revoked_at=earlier),
        partial(
            admin_client.post,
            "/admin/users/accesstoken/",
            {"action": "revoke", "_selected_action": token.pk},
        ),
    )

    assert AccessToken.objects.get().revoked_at == earlier


def test_who_stops_being_a_superuser_meanwhile_changes_no_group() -> None:
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    group = Group.objects.create(name="Helpers")

    def change() -> None:
        User.objects.filter(pk=boss.pk).update(is_superuser=False)
        Group.objects.update(name="People")

    form = {"name": "New"}
    response = result_after(
        change, partial(browser_of(boss).post, f"/admin/auth/group/{group.pk}/change/", form)
    )

    assert response.status_code == 403
    assert Group.objects.get().name == "People"


def test_a_token_that_is_revoked_while_its_page_is_saved_stays_so(
    user: User, admin_client: Client
) -> None:
    token, _ = AccessToken.objects.issue(user, name="", lifetime=timedelta(days=1))

    result_after(
        partial(AccessToken.objects.update, revoked_at=token.created_at),
        partial(admin_client.post, f"/admin/users/accesstoken/{token.pk}/change/", {"a": "b"}),
    )

    assert AccessToken.objects.get().revoked_at


def test_saving_an_account_that_is_erased_meanwhile_is_reported(
    user: User, browser: Client
) -> None:
    form = form_of(user, full_name="New")

    response = result_after(
        partial(is_erased, user),
        partial(browser.post, f"{USERS}{user.pk}/change/", form, follow=True),
    )

    assert f"Nothing was saved: this is erased account {user.pk}." in text_of(response)


def test_who_may_not_see_accounts_does_not_learn_of_an_erasure(user: User) -> None:
    is_erased(user)

    assert browser_with().post(f"{USERS}{user.pk}/change/", {"a": "b"}).status_code == 403
