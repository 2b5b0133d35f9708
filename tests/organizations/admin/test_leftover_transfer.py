"""Passing on what somebody who was removed still owns, for staff."""

from contextlib import ExitStack
from functools import partial
from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, transaction
from django.test import Client
from django.utils import timezone

from organizations.models import Event, Membership, Organization, Resource
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.test_changes import ADMIN, address_of
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
    return f"{ADMIN}membership/{member.pk}/leftovers/"


def pass_on(browser: Client, member: Membership, **form: Any) -> Any:
    """Confirm the transfer from the member's page."""
    answer: Any = browser.get(leftovers(member))
    return browser.post(answer.url, {"reason": "", **form}, follow=True)


def test_what_a_former_member_owns_passes_to_a_department(
    browser: Client, leaver: Membership
) -> None:
    sales = DepartmentFactory.create(organization=leaver.organization, name="Sales")
    page = text_of(browser.get(address_of(leaver)))
    assert f'<a href="{leftovers(leaver)}">{BUTTON}</a>' in page
    assert "still owns 3." in text_of(browser.get(leftovers(leaver), follow=True))

    page = text_of(
        pass_on(browser, leaver, **{f"department_of_{leaver.organization_id}": sales.pk})
    )

    assert "3 passed to Sales of" in page
    assert BUTTON not in page
    assert Resource.objects.filter(department=sales).count() == 3
    [entry] = LogEntry.objects.all()
    assert entry.object_id == str(leaver.pk)
    assert f"Passed to {sales.pk}, request" in entry.change_message


def test_what_a_deactivated_member_owns_passes_to_a_person(
    browser: Client, owner: Membership
) -> None:
    member = MembershipFactory.create(
        organization=owner.organization, user__full_name="Ada Lovelace"
    )
    resource = ResourceFactory.create(organization=owner.organization, owner=member.user)
    assert BUTTON not in text_of(browser.get(address_of(member)))
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())
    assert BUTTON in text_of(browser.get(address_of(member)))
    assert "was deactivated on" in text_of(browser.get(leftovers(member), follow=True))

    pass_on(browser, member, **{f"person_of_{owner.organization_id}": owner.pk}, reason="Handover")

    resource.refresh_from_db()
    assert resource.owner == owner.user
    event = Event.objects.get(type=Event.Type.RESOURCES_TRANSFERRED)
    assert (event.user, event.reason) == (member.user, "Handover")


def test_a_transfer_to_nobody_asks_again(browser: Client, leaver: Membership) -> None:
    page = text_of(pass_on(browser, leaver))

    assert "Choose a department or a person." in page


def test_of_a_member_of_today_nothing_is_left(browser: Client, leaver: Membership) -> None:
    MembershipFactory.create(organization=leaver.organization, user=leaver.user)

    assert BUTTON not in text_of(browser.get(address_of(leaver)))
    page = text_of(browser.get(leftovers(leaver), follow=True))
    assert "is left to pass on." in page


def test_without_the_permission_nothing_is_passed_on(reader: Client, leaver: Membership) -> None:
    assert BUTTON not in text_of(reader.get(address_of(leaver)))
    assert reader.get(leftovers(leaver)).status_code == 403


def test_without_its_entry_in_the_log_nothing_is_passed_on(
    browser: Client, leaver: Membership
) -> None:
    sales = DepartmentFactory.create(organization=leaver.organization)
    form = {f"department_of_{leaver.organization_id}": sales.pk}

    with patch.object(LogEntry.objects, "log_actions", side_effect=OperationalError("away")):
        assert pass_on(browser, leaver, **form).status_code == 503

    assert not Resource.objects.filter(department=sales).exists()


@pytest.mark.django_db(transaction=True)
def test_who_is_erased_meanwhile_is_not_named_in_the_admins_log(
    browser: Client, leaver: Membership
) -> None:
    department = DepartmentFactory.create(organization=leaver.organization)

    with ExitStack() as both, transaction.atomic():
        erase_account(leaver.user_id, actor=None)
        form = {f"department_of_{leaver.organization_id}": department.pk}
        answer = both.enter_context(in_background(partial(pass_on, browser, leaver, **form)))
        until_somebody_waits_for_a_lock()

    assert "3 passed to" in text_of(answer.result())
    named = f"erased account {leaver.user_id} in {leaver.organization}"
    assert LogEntry.objects.get().object_repr == named
