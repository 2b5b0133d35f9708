"""Erasing people's data in the admin."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.models import Membership
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.removals import remove
from tests.users.admin.conftest import StaffWith
from users.models import User

USERS = "/admin/users/user/"


def erase(browser: Client, *users: User, **form: Any) -> Any:
    chosen = [user.pk for user in users]
    return browser.post(USERS, {"action": "erase", "_selected_action": chosen, **form}, follow=True)


def test_nothing_happens_before_it_is_confirmed(admin_client: Client, owner: Membership) -> None:
    leaver = MembershipFactory.create(organization=owner.organization, user__full_name="Lea Leaver")
    remove(leaver, reason="Lea <moved> away")

    page = text_of(erase(admin_client, leaver.user, owner.user))

    assert "Lea &lt;moved&gt; away" in page
    assert f"{owner.user.email}&gt;: Still a member of {owner.organization}" in page
    assert not User.objects.exclude(erased_at=None).exists()


def test_who_can_be_is_erased_and_logged(admin_client: Client, owner: Membership) -> None:
    user = UserFactory.create()

    page = text_of(erase(admin_client, user, owner.user, post="yes"))

    assert f"This is now erased account {user.pk}." in page
    assert "Still a member of" in page
    assert User.objects.exclude(erased_at=None).get() == user
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == (f"erased account {user.pk}", "Erased.")


def test_an_erased_account_is_only_looked_at(admin_client: Client) -> None:
    user = UserFactory.create()
    erase(admin_client, user, post="yes")

    page = admin_client.post(f"{USERS}{user.pk}/change/", {"email": "a@example.com"}, follow=True)

    assert page.status_code == 200
    assert f"Nothing was saved: this is erased account {user.pk}." in text_of(page)
    assert admin_client.post(f"{USERS}{user.pk}/password/").status_code == 403


def test_it_takes_a_permission_of_its_own(staff_with: StaffWith) -> None:
    user = UserFactory.create()
    _, browser = staff_with("view_user", "change_user", "delete_user")
    _, eraser = staff_with("view_user", "erase_user")

    assert "This is now erased" not in text_of(erase(browser, user, post="yes"))
    assert "This is now erased" in text_of(erase(eraser, user, post="yes"))


@pytest.mark.parametrize("target", [{"is_superuser": True}, {}])
def test_staff_erase_neither_a_superuser_nor_themselves(
    staff_with: StaffWith, target: dict[str, bool]
) -> None:
    staff, eraser = staff_with("view_user", "erase_user")
    user = UserFactory.create(**target) if target else staff

    erase(eraser, user, post="yes")

    user.refresh_from_db()
    assert user.erased_at is None


def test_at_most_twenty_at_once(admin_client: Client) -> None:
    page = text_of(erase(admin_client, *UserFactory.create_batch(21), post="yes"))

    assert "Select at most 20." in page
    assert not User.objects.exclude(erased_at=None).exists()
