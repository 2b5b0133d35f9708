"""What staff who are no superusers may do to accounts: none lifts them, or takes over another."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group, Permission
from django.test import Client

from tests.factories import UserFactory
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db

USERS = "/admin/users/user/"


def form_of(user: User, **changes: str) -> dict[str, str]:
    return {"email": user.email, "full_name": user.full_name, "is_active": "on", **changes}


def superuser() -> User:
    return UserFactory.create(is_superuser=True, is_staff=True)


def disabled_superuser() -> User:
    return UserFactory.create(is_superuser=True, is_active=False)


def who_may_more() -> User:
    user: User = UserFactory.create(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="remove_membership"))
    return user


def whose_group_may_more() -> User:
    user: User = UserFactory.create(is_active=False)
    group = Group.objects.create(name="Removers")
    group.permissions.add(Permission.objects.get(codename="remove_membership"))
    user.groups.add(group)
    return user


ABOVE = pytest.mark.parametrize(
    "make", [superuser, disabled_superuser, who_may_more, whose_group_may_more]
)


def test_nobody_makes_themselves_a_superuser() -> None:
    user = staff_with("view_user", "change_user")
    browser = browser_of(user)
    group = Group.objects.create(name="All")
    permission = str(Permission.objects.get(codename="delete_user").pk)
    rights = {
        "is_superuser": "on",
        "is_staff": "",
        "groups": str(group.pk),
        "user_permissions": permission,
    }

    response = browser.post(
        f"{USERS}{user.pk}/change/", form_of(user, full_name="New Name", **rights)
    )

    assert response.status_code == 302
    user = User.objects.get(pk=user.pk)
    assert (user.full_name, user.is_superuser, user.is_staff) == ("New Name", False, True)
    assert not user.groups.exists()
    assert user.user_permissions.count() == 2


def test_nobody_makes_a_new_account_one_of_staff() -> None:
    browser = browser_with("view_user", "change_user", "add_user")
    form = {"email": "new@example.com", "usable_password": "false", "is_staff": "on"}

    assert browser.post(f"{USERS}add/", form | {"is_superuser": "on"}).status_code == 302

    new = User.objects.get(email="new@example.com")
    assert (new.is_staff, new.is_superuser) == (False, False)


def test_an_account_is_offered_to_be_added_to_whoever_may_also_change_accounts() -> None:
    for permissions, status in (
        (("add_user", "view_user"), 403),
        (("add_user", "change_user"), 200),
    ):
        browser = browser_with(*permissions)

        is_offered = f'href="{USERS}add/"' in browser.get(USERS).content.decode()

        assert (browser.get(f"{USERS}add/").status_code, is_offered) == (status, status == 200)


@ABOVE
@pytest.mark.parametrize("page", ["change", "password", "delete"])
def test_an_account_with_more_rights_is_read_only(make: Any, page: str) -> None:
    browser = browser_with("view_user", "change_user", "delete_user")
    target = make()
    before = User.objects.filter(pk=target.pk).values().get()
    form = form_of(target, email="mine@example.com", password1="x" * 20, password2="x" * 20)

    response = browser.post(f"{USERS}{target.pk}/{page}/", form | {"post": "yes"})

    assert response.status_code == 403
    assert User.objects.filter(pk=target.pk).values().get() == before
    assert browser.get(f"{USERS}{target.pk}/change/").status_code == 200


def test_an_account_without_more_rights_is_changed() -> None:
    browser = browser_with("view_user", "change_user")
    target = UserFactory.create(is_staff=True)
    target.user_permissions.add(Permission.objects.get(codename="view_user"))

    for page, form in (
        ("change", form_of(target, full_name="New Name")),
        ("password", {"usable_password": "true", "password1": "n7d-zzq2", "password2": "n7d-zzq2"}),
    ):
        assert browser.post(f"{USERS}{target.pk}/{page}/", form).status_code == 302

    target.refresh_from_db()
    assert (target.full_name, target.check_password("n7d-zzq2")) == ("New Name", True)


@ABOVE
def test_a_token_of_an_account_with_more_rights_stays(make: Any) -> None:
    browser = browser_with(
        "view_accesstoken", "change_accesstoken", "delete_accesstoken", "view_user"
    )
    theirs = make()
    was_active = theirs.is_active
    User.objects.filter(pk=theirs.pk).update(is_active=True)
    token, _ = AccessToken.objects.issue(theirs, name="", lifetime=timedelta(days=1))
    User.objects.filter(pk=theirs.pk).update(is_active=was_active)
    another, _ = AccessToken.objects.issue(
        UserFactory.create(), name="", lifetime=timedelta(days=1)
    )
    chosen = {"_selected_action": [token.pk, another.pk]}

    page = browser.post("/admin/users/accesstoken/", chosen | {"action": "revoke"}, follow=True)
    browser.post("/admin/users/accesstoken/", chosen | {"action": "delete_selected", "post": "yes"})
    browser.post(f"/admin/users/accesstoken/{token.pk}/delete/", {"post": "yes"})

    assert "1 of people who may do more than you, not revoked." in page.content.decode()
    assert AccessToken.objects.revoked().get() == another
    assert AccessToken.objects.filter(pk=token.pk).exists()


def test_groups_are_changed_by_superusers_alone(admin_client: Client) -> None:
    user = staff_with("add_group", "change_group", "delete_group", "view_group")
    browser = browser_of(user)
    group = Group.objects.create(name="Before")
    user.groups.add(group)
    page = f"/admin/auth/group/{group.pk}"

    for address in (f"{page}/change/", f"{page}/delete/", "/admin/auth/group/add/"):
        assert browser.post(address, {"name": "After"}).status_code == 403
    assert admin_client.post(f"{page}/change/", {"name": "After"}).status_code == 302


def test_an_account_with_log_entries_is_not_deleted(admin_client: Client) -> None:
    staff = UserFactory.create(is_staff=True)
    LogEntry.objects.log_actions(staff.pk, [staff], CHANGE, "Something.")

    page = admin_client.post(f"{USERS}{staff.pk}/delete/", {"post": "yes"}, follow=True)

    assert "Something that stays on record refers to the account." in page.content.decode()
    assert LogEntry.objects.filter(user=staff).exists()


def test_an_account_without_history_is_deleted(admin_client: Client) -> None:
    user = UserFactory.create()
    AccessToken.objects.issue(user, name="", lifetime=timedelta(days=1))

    assert admin_client.post(f"{USERS}{user.pk}/delete/", {"post": "yes"}).status_code == 302

    assert not User.objects.filter(pk=user.pk).exists()
