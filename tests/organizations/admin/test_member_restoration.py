"""Restoring who was removed, for staff: from the record and from the former membership."""

import re
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import OperationalError
from django.test import Client, override_settings
from django.utils import timezone

from organizations.guards.caller import Operator
from organizations.handover.closing import State, TaskChange, change_task
from organizations.models import (
    Event,
    Membership,
    OffboardingTask,
    Organization,
    Removal,
    Restoration,
)
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
)
from tests.organizations.admin.page import text_of
from tests.organizations.admin.test_changes import ADMIN, address_of
from tests.organizations.admin.test_member_removal import select
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
    return f"{ADMIN}membership/{member.pk}/restoration/"


def record_of(member: Membership) -> str:
    return f"{ADMIN}removal/{Removal.objects.get(membership=member).pk}/change/"


def restore(browser: Client, member: Membership, reason: str = "") -> str:
    answer: Any = browser.get(preview_of(member))
    return text_of(browser.post(answer.url, {"reason": reason}, follow=True))


def test_the_record_and_the_former_membership_lead_to_the_same_preview(
    browser: Client, former: Membership
) -> None:
    former.organization.departments.get(name="Archive").delete()
    for address in (address_of(former), record_of(former)):
        assert f'<a href="{preview_of(former)}">Restore' in text_of(browser.get(address))

    page = text_of(browser.get(preview_of(former), follow=True))

    assert "<li>Roles: Member</li> <li>Departments: Sales</li> <li>Resources: 2</li>" in page
    assert "<li>Department Archive: deleted</li>" in page
    assert not Restoration.objects.exists()


def test_a_confirmed_restoration_leads_to_the_new_membership_and_is_on_the_record(
    browser: Client, staff: User, former: Membership
) -> None:
    page = restore(browser, former, reason="A mistake")

    restoration = Restoration.objects.get()
    assert (restoration.actor, restoration.source) == (staff, "admin")
    assert Event.objects.get(type=Event.Type.MEMBER_RESTORED).reason == "A mistake"
    assert "1 member restored." in page
    assert f"<h1>{former.user.name}, in {former.organization}</h1>" in page
    assert LogEntry.objects.filter(object_id=str(restoration.membership_id)).exists()
    record = text_of(browser.get(record_of(former)))
    assert f'href="{address_of(restoration.membership)}"' in record
    assert f"by {staff}".replace("<", "&lt;").replace(">", "&gt;") in record
    assert "roles Member; departments Archive, Sales; resources 2" in record
    assert "Restore the member" not in record


def test_the_result_of_a_removal_leads_to_the_restoration_of_those_who_were_removed(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    members = MembershipFactory.create_batch(2, organization=organization, roles=["Member"])
    result = text_of(browser.post(select(browser, members).url, {"reason": ""}, follow=True))
    [undoing] = re.findall(r'<a href="(\S+/undoing/)">Restore them</a>', result)
    answer: Any = browser.get(undoing)

    page = text_of(browser.post(answer.url, {"reason": "A mistake"}, follow=True))

    assert "2 members restored." in page
    returned = Membership.objects.current().of(organization.pk, [m.user_id for m in members])
    assert returned.count() == Restoration.objects.count() == 2


def test_it_says_how_many_tasks_it_cancels_before_and_after(
    browser: Client, organization: Organization, owner: Membership
) -> None:
    for key in ("laptop", "payroll", "badge"):
        OffboardingStepFactory.create(organization=organization, key=key)
    member = MembershipFactory.create(organization=organization)
    remove(member)
    for key, state in (("payroll", State.FAILED), ("badge", State.DONE)):
        task = OffboardingTask.objects.get(key=key)
        change_task(organization.pk, task.pk, TaskChange(state), caller=Operator())

    page = text_of(browser.get(preview_of(member), follow=True))

    assert "<li>Offboarding tasks: 1 open, 1 failed</li>" in page
    assert "2 offboarding tasks cancelled." in restore(browser, member)


def test_what_cannot_be_restored_says_why_and_offers_nothing(
    browser: Client, former: Membership
) -> None:
    with override_settings(RESTORE_WINDOW_DAYS=0):
        page = text_of(browser.get(preview_of(former), follow=True))

    assert "too long ago" in page
    assert "Yes, restore" not in page


def test_who_became_a_member_again_meanwhile_is_not_restored(
    browser: Client, former: Membership
) -> None:
    MembershipFactory.create(organization=former.organization, user=former.user)

    assert "Restore" not in text_of(browser.get(address_of(former)))
    assert "is a member of this organization already" in text_of(
        browser.get(preview_of(former), follow=True)
    )
    assert "is a member of this organization already" in restore(browser, former)
    assert not Restoration.objects.exists()


def test_the_preview_says_that_a_deactivated_member_and_a_disabled_account_stay_so(
    browser: Client, former: Membership
) -> None:
    member = MembershipFactory.create(
        organization=former.organization, deactivated_at=timezone.now(), user__is_active=False
    )
    remove(member)

    page = text_of(browser.get(preview_of(member), follow=True))

    assert "They were deactivated when they were removed, and will be again." in page
    assert "Their account is disabled, and stays so." in page


def test_without_the_permission_nothing_is_restored(reader: Client, former: Membership) -> None:
    user = User.objects.get(is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_removal"))

    assert "Restore" not in text_of(reader.get(address_of(former)))
    assert "Restore the member" not in text_of(reader.get(record_of(former)))
    assert reader.get(preview_of(former)).status_code == 403
    assert reader.post(preview_of(former), {"reason": ""}).status_code == 403


def test_without_its_entry_in_the_log_nobody_is_restored(
    browser: Client, former: Membership
) -> None:
    answer: Any = browser.get(preview_of(former))
    with patch.object(LogEntry.objects, "log_actions", side_effect=OperationalError("away")):
        assert browser.post(answer.url, {"reason": ""}).status_code == 503

    assert not Restoration.objects.exists()


def test_who_is_a_member_has_no_restoration_to_preview(browser: Client, owner: Membership) -> None:
    page = text_of(browser.get(preview_of(owner), follow=True))

    assert "Only former members can be restored" in page


def test_nobody_whose_data_is_erased_is_offered(browser: Client, former: Membership) -> None:
    erase_account(former.user_id, actor=None)

    pages = [text_of(browser.get(page)) for page in (address_of(former), record_of(former))]

    assert not any("Restore" in page for page in pages)
    answer = text_of(browser.get(preview_of(former), follow=True))
    assert "nobody whose data is erased" in answer
