"""Erasing people's data in the admin."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.models import Event, Membership, Organization, Removal
from tests.directories import connect
from tests.factories import EventFactory, MembershipFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db

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


def test_a_users_page_offers_the_erasure_as_the_list_does(
    admin_client: Client, owner: Membership
) -> None:
    page = f"{USERS}{owner.user_id}/change/"
    reader = browser_with("view_user")

    shown = text_of(admin_client.get(page))

    assert f'name="_selected_action" value="{owner.user_id}"' in shown
    assert 'class="dangerous" value="Erase their data"' in shown
    assert "Erase their data" not in text_of(reader.get(page))


def test_of_the_selected_those_who_can_be_are_erased_and_logged(
    admin_client: Client, owner: Membership
) -> None:
    user = UserFactory.create()

    page = text_of(erase(admin_client, user, owner.user, post="yes"))

    assert f"This is now erased account {user.pk}." in page
    assert "Still a member of" in page
    assert User.objects.exclude(erased_at=None).get() == user
    entry = LogEntry.objects.get()
    assert (entry.object_repr, entry.change_message) == (f"erased account {user.pk}", "Erased.")


def test_an_erased_account_is_read_only(admin_client: Client) -> None:
    user = UserFactory.create()
    erase(admin_client, user, post="yes")

    page = admin_client.post(f"{USERS}{user.pk}/change/", {"email": "a@example.com"}, follow=True)

    assert page.status_code == 200
    assert f"Nothing was saved: this is erased account {user.pk}." in text_of(page)
    assert admin_client.post(f"{USERS}{user.pk}/password/").status_code == 403


def test_it_takes_a_permission_of_its_own_and_the_one_to_see_accounts() -> None:
    user = UserFactory.create()
    browser = browser_with("view_user", "change_user", "delete_user")
    blind = browser_with("change_user", "erase_user")
    eraser = browser_with("view_user", "erase_user")

    assert "This is now erased" not in text_of(erase(browser, user, post="yes"))
    assert "This is now erased" not in text_of(erase(blind, user, post="yes"))
    assert "This is now erased" in text_of(erase(eraser, user, post="yes"))


def test_the_page_shows_what_goes_and_what_can(admin_client: Client, owner: Membership) -> None:
    directory, _ = connect(owner.organization, name="Okta")
    leaver = MembershipFactory.create(
        organization=owner.organization, user__email="before@example.com"
    )
    remove(leaver, reason="moved to Lisbon", connection=directory)
    User.objects.filter(pk=leaver.user_id).update(email="taken@example.com")
    User.objects.filter(pk=leaver.user_id).update(email="lea@example.com")
    UserFactory.create(email="taken@example.com")
    other = MembershipFactory.create(organization=owner.organization)
    remove(other, reason="see Before@example.com")

    page = text_of(erase(admin_client, leaver.user))

    assert "Former addresses: before@example.com" in page
    assert "another account has, or had later, and that are not searched for: taken@" in page
    assert f"Managed by Okta of {owner.organization}, now or before" in page
    assert "moved to Lisbon" in page
    assert "see Before@example.com" in page


def test_staff_with_account_permissions_alone_see_no_organizations_reasons(
    owner: Membership,
) -> None:
    leaver = MembershipFactory.create(organization=owner.organization)
    remove(leaver, reason="moved to Lisbon")
    other = MembershipFactory.create(organization=owner.organization)
    remove(other, reason=f"see {leaver.user.email}, in Porto")
    eraser = browser_with("view_user", "erase_user")
    records = list(Removal.objects.values_list("pk", flat=True))

    page = text_of(erase(eraser, leaver.user))
    result = text_of(erase(eraser, leaver.user, post="yes", emptied=records))

    assert "Lisbon" not in page
    assert "Porto" not in page
    assert page.count("1 more on records that you may not see") == 2
    assert "Who erased may not see these records." in result
    assert not Removal.objects.filter(reason="").exists()


def test_the_result_is_the_receipt(admin_client: Client, owner: Membership) -> None:
    leaver = MembershipFactory.create(organization=owner.organization, user__full_name="Lea Leaver")
    remove(leaver, reason="moved to Lisbon")
    other = MembershipFactory.create(organization=owner.organization)
    remove(other, reason=f"see {leaver.user.email}")
    about, elsewhere = Removal.objects.order_by("pk")

    page = text_of(erase(admin_client, leaver.user, post="yes", emptied=[about.pk]))

    staff = User.objects.get(is_superuser=True)
    leaver.user.refresh_from_db()
    assert f"by {staff.pk}. This receipt is shown once." in page
    for row in (
        '<th scope="row">name, address, password and permissions</th><td>1</td>',
        f'<th scope="row">reasons about them</th><td>1</td><td>{about.pk}</td>',
        f"others&#x27; texts with an address</th><td>1</td><td>{elsewhere.pk}</td>"
        "<td>They were not chosen.</td>",
    ):
        assert row in page
    assert "Lea Leaver" not in page


def test_thousands_of_texts_can_be_emptied_at_once(
    admin_client: Client, organization: Organization
) -> None:
    user = UserFactory.create()
    Event.objects.bulk_create(
        EventFactory.build_batch(3000, organization=organization, reason=f"{user.email} asked")
    )
    offered = re.findall(r'name="emptied" value="([^"]+)"', text_of(erase(admin_client, user)))

    form = {"action": "erase", "_selected_action": user.pk, "post": "yes", "emptied": offered}
    sent = urlencode(form, doseq=True)
    admin_client.post(USERS, sent, content_type="application/x-www-form-urlencoded")

    assert len(offered) == 3000
    assert not Event.objects.exclude(reason="").exists()


@pytest.mark.parametrize("target", [{"is_superuser": True}, {}])
def test_staff_erase_neither_a_superuser_nor_themselves(target: dict[str, bool]) -> None:
    staff = staff_with("view_user", "erase_user")
    user = UserFactory.create(**target) if target else staff

    erase(browser_of(staff), user, post="yes")

    user.refresh_from_db()
    assert user.erased_at is None


def test_at_most_twenty_at_once(admin_client: Client) -> None:
    page = text_of(erase(admin_client, *UserFactory.create_batch(21), post="yes"))

    assert "Select at most 20." in page
    assert not User.objects.exclude(erased_at=None).exists()
