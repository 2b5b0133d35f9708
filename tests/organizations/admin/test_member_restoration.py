"""Restoring who was removed, for staff: from the record and from the former membership."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client, override_settings

from organizations.models import Event, Membership, Organization, Restoration
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.member_pages import (
    MEMBERSHIPS,
    confirm,
    preview,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove
from users.erasure.service import erase_account
from users.models import User


@pytest.fixture
def former(organization: Organization, owner: Membership) -> Membership:
    """Somebody who was removed, with a role, two departments and two resources."""
    sales, archive = (
        DepartmentFactory.create(organization=organization, name=name)
        for name in ("Sales", "Archive")
    )
    member = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[sales, archive]
    )
    ResourceFactory.create_batch(2, organization=organization, owner=member.user)
    remove(member, transfer_to=sales.pk)
    return member


def preview_of(member: Membership) -> str:
    return f"{MEMBERSHIPS}{member.pk}/restoration/"


def test_the_record_and_the_former_membership_lead_to_the_same_preview(
    browser: Client, former: Membership
) -> None:
    former.organization.departments.get(name="Archive").delete()
    for address in (page_of(former), page_of(former.removal)):
        assert f'<a href="{preview_of(former)}">Restore' in text_of(browser.get(address))

    page = preview(browser, "restoration", former)

    assert "<li>Roles: Member</li> <li>Departments: Sales</li> <li>Resources: 2</li>" in page
    assert "<li>Department Archive: deleted</li>" in page
    assert not Restoration.objects.exists()


def test_a_confirmed_restoration_leads_to_the_new_membership_and_is_on_the_record(
    browser: Client, staff: User, former: Membership
) -> None:
    page = confirm(browser, "restoration", former, reason="A mistake")

    restoration = Restoration.objects.get()
    assert (restoration.actor, restoration.source) == (staff, "admin")
    assert Event.objects.get(type=Event.Type.MEMBER_RESTORED).reason == "A mistake"
    assert "1 member restored." in page
    assert f"<h1>{former.user.name}, in {former.organization}</h1>" in page
    assert LogEntry.objects.filter(object_id=str(restoration.membership_id)).exists()
    record = text_of(browser.get(page_of(former.removal)))
    assert f'href="{page_of(restoration.membership)}"' in record
    assert f"by {staff}".replace("<", "&lt;").replace(">", "&gt;") in record
    assert "roles Member; departments Archive, Sales; resources 2" in record
    assert "Restore the member" not in record


def test_what_cannot_be_restored_says_why_and_offers_nothing(
    browser: Client, former: Membership
) -> None:
    with override_settings(RESTORE_WINDOW_DAYS=0):
        page = preview(browser, "restoration", former)

    assert "too long ago" in page
    assert "Yes, restore" not in page


def test_who_became_a_member_again_meanwhile_is_not_restored(
    browser: Client, former: Membership
) -> None:
    MembershipFactory.create(organization=former.organization, user=former.user)

    assert "Restore" not in text_of(browser.get(page_of(former)))
    said = "is a member of this organization already"
    assert said in preview(browser, "restoration", former)
    assert said in confirm(browser, "restoration", former)
    assert not Restoration.objects.exists()


def test_a_current_member_cannot_be_restored(browser: Client, owner: Membership) -> None:
    page = text_of(browser.get(preview_of(owner), follow=True))

    assert "Only former members can be restored" in page


def test_an_erased_member_is_not_offered_for_restoration(
    browser: Client, former: Membership
) -> None:
    erase_account(former.user_id, actor=None)

    pages = [text_of(browser.get(page)) for page in (page_of(former), page_of(former.removal))]

    assert not any("Restore" in page for page in pages)
    answer = text_of(browser.get(preview_of(former), follow=True))
    assert "nobody whose data is erased" in answer


def test_without_the_permission_the_record_offers_no_restoration(former: Membership) -> None:
    page = text_of(browser_with("view_removal").get(page_of(former.removal)))

    assert "Restore the member" not in page
