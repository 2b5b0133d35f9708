"""Passing on what somebody who was removed still owns, for staff."""

from contextlib import ExitStack
from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.db import transaction
from django.test import Client
from django.utils import timezone

from organizations.models import Event, Membership, Organization, Resource
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.member_pages import MEMBERSHIPS, confirm, preview
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove
from users.erasure.service import erase_account

BUTTON = "Pass on what is left"


@pytest.fixture
def leaver(organization: Organization, owner: Membership) -> Membership:
    """Somebody who was removed and still owns three resources."""
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create_batch(3, organization=organization, owner=member.user)
    ResourceFactory.create(organization=organization, owner=owner.user)
    remove(member)
    return member


def leftovers(member: Membership) -> str:
    return f"{MEMBERSHIPS}{member.pk}/leftovers/"


def test_what_a_former_member_owns_passes_to_a_department(
    browser: Client, leaver: Membership
) -> None:
    sales = DepartmentFactory.create(organization=leaver.organization, name="Sales")
    page = text_of(browser.get(page_of(leaver)))
    assert f'<a href="{leftovers(leaver)}">{BUTTON}</a>' in page
    assert "still owns 3." in preview(browser, "leftovers", leaver)

    form = {f"department_of_{leaver.organization_id}": sales.pk}
    page = confirm(browser, "leftovers", leaver, **form)

    assert "3 passed to Sales of" in page
    assert BUTTON not in page
    assert Resource.objects.filter(department=sales).count() == 3
    [entry] = LogEntry.objects.all()
    assert entry.object_id == str(leaver.pk)
    assert f"Passed to {sales.pk}, request" in entry.change_message


def test_what_a_deactivated_member_owns_passes_to_a_person(
    browser: Client, owner: Membership, member: Membership
) -> None:
    resource = ResourceFactory.create(organization=owner.organization, owner=member.user)
    assert BUTTON not in text_of(browser.get(page_of(member)))
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())
    assert BUTTON in text_of(browser.get(page_of(member)))
    assert "was deactivated on" in preview(browser, "leftovers", member)

    form = {f"person_of_{owner.organization_id}": owner.pk, "reason": "Handover"}
    confirm(browser, "leftovers", member, **form)

    resource.refresh_from_db()
    assert resource.owner == owner.user
    event = Event.objects.get(type=Event.Type.RESOURCES_TRANSFERRED)
    assert (event.user, event.reason) == (member.user, "Handover")


def test_a_transfer_to_nobody_asks_again(browser: Client, leaver: Membership) -> None:
    page = confirm(browser, "leftovers", leaver)

    assert "Choose a department or a person." in page


def test_a_member_who_came_back_has_nothing_left_to_pass_on(
    browser: Client, leaver: Membership
) -> None:
    MembershipFactory.create(organization=leaver.organization, user=leaver.user)

    assert BUTTON not in text_of(browser.get(page_of(leaver)))
    page = text_of(browser.get(leftovers(leaver), follow=True))
    assert "is left to pass on." in page


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_meanwhile_is_not_named_in_the_admins_log(
    browser: Client, leaver: Membership
) -> None:
    department = DepartmentFactory.create(organization=leaver.organization)

    with ExitStack() as both, transaction.atomic():
        erase_account(leaver.user_id, actor=None)
        form = {f"department_of_{leaver.organization_id}": department.pk}
        answer = both.enter_context(
            in_background(partial(confirm, browser, "leftovers", leaver, **form))
        )
        until_somebody_waits_for_a_lock()

    assert "3 passed to" in answer.result()
    named = f"erased account {leaver.user_id} in {leaver.organization}"
    assert LogEntry.objects.get().object_repr == named
