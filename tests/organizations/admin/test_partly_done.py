"""Requests on several rows of which only some can be done: staff read which, and why not others."""

from typing import Any
from unittest.mock import patch

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.events.endpoints import change_endpoint, delete_endpoint
from organizations.exceptions import InsufficientPermissionsError
from organizations.guards.caller import Operator
from organizations.models import Membership, Organization, ScheduledRemoval
from organizations.removal.service import remove_members
from organizations.schedule.service import cancel_scheduled_removal
from organizations.transfer.service import transfer_selected
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.member_pages import ADMIN, confirm
from tests.organizations.admin.page import text_of
from tests.schedules import schedule

SCHEDULES = f"{ADMIN}scheduledremoval/"


@pytest.fixture
def organizations(db: None) -> list[Organization]:
    """Two organizations, in the order in which a page does them; each has a department."""
    both = [OrganizationFactory.create(name=name) for name in ("Acme", "Beta")]
    for organization in both:
        DepartmentFactory.create(organization=organization, name="Archive")
    return both


def targets(organizations: list[Organization]) -> dict[str, str]:
    return {f"department_of_{each.pk}": each.departments.get().pk for each in organizations}


def lose_the_department_of(organization: Organization, service: Any) -> Any:
    """Return the service, before which this organization's department is deleted."""

    def overtaken(organization_id: str, *args: Any, **kwargs: Any) -> Any:
        if organization_id == organization.pk:
            organization.departments.all().delete()
        return service(organization_id, *args, **kwargs)

    return overtaken


def test_where_a_later_organization_is_refused_as_a_whole_the_result_says_what_was_done(
    browser: Client, organizations: list[Organization]
) -> None:
    first, last = (MembershipFactory.create(organization=each) for each in organizations)
    overtaken = lose_the_department_of(organizations[1], remove_members)

    with patch("organizations.admin.member_removal.remove_members", overtaken):
        page = confirm(browser, "removal", first, last, **targets(organizations))

    assert "Nothing was changed" not in page
    assert "Removed: 1<" in page
    assert "Not removed: 1<" in page
    assert "<td>The department was not found in this organization.</td>" in page
    assert list(Membership.objects.former()) == [first]


def test_what_passed_on_is_told_of_each_organization_where_something_did(
    browser: Client, organizations: list[Organization]
) -> None:
    for organization in organizations:
        owner = MembershipFactory.create(organization=organization).user
        ResourceFactory.create(organization=organization, owner=owner)
    resources = [each.resources.get().pk for each in organizations]
    form = {"action": "transfer", "_selected_action": resources}
    address = browser.post(f"{ADMIN}resource/", form)["Location"]
    overtaken = lose_the_department_of(organizations[1], transfer_selected)

    with patch("organizations.admin.transfers.transfer_selected", overtaken):
        page = text_of(browser.post(address, targets(organizations), follow=True))

    assert "Nothing was changed" not in page
    assert "1 passed to Archive of Acme." in page
    assert "of Beta." not in page
    assert "was not passed on. The department was not found in this organization." in page


def pending(*members: Membership) -> list[str]:
    return [each.schedule.pk for each in schedule(*members) if each.schedule]


def test_those_that_a_filtered_list_cancels_are_counted(
    browser: Client, owner: Membership, member: Membership
) -> None:
    form = {"action": "cancel", "_selected_action": pending(member)}

    page = text_of(browser.post(f"{SCHEDULES}?state=pending", form, follow=True))

    assert "Cancelled: 1." in page
    assert "Not pending any more" not in page


def test_who_may_no_longer_cancel_the_rest_reads_what_was_cancelled(
    browser: Client, owner: Membership, member: Membership
) -> None:
    other = MembershipFactory.create(organization=owner.organization)
    form = {"action": "cancel", "_selected_action": pending(member, other)}
    calls = iter([cancel_scheduled_removal])

    def cancel(*args: Any, **kwargs: Any) -> None:
        if (first := next(calls, None)) is None:
            raise InsufficientPermissionsError
        first(*args, **kwargs)

    with patch("organizations.admin.scheduled_removals.cancel_scheduled_removal", cancel):
        page = text_of(browser.post(SCHEDULES, form, follow=True))

    assert "Nothing was changed" not in page
    assert "The others stay. You do not have permission" in page
    assert "Cancelled: 1." in page
    [cancelled] = ScheduledRemoval.objects.filter(status="cancelled")
    assert [entry.object_id for entry in LogEntry.objects.all()] == [cancelled.pk]


def test_an_endpoint_that_was_deleted_meanwhile_keeps_no_other_from_being_disabled(
    browser: Client,
) -> None:
    gone, there = WebhookEndpointFactory.create_batch(2)

    def overtaken(organization_id: str, endpoint_id: str, **kwargs: Any) -> Any:
        if endpoint_id == gone.pk:
            delete_endpoint(organization_id, endpoint_id, caller=Operator())
        return change_endpoint(organization_id, endpoint_id, **kwargs)

    form = {"action": "disable", "_selected_action": [gone.pk, there.pk]}
    with patch("organizations.admin.webhook_endpoints.change_endpoint", overtaken):
        page = text_of(browser.post(f"{ADMIN}webhookendpoint/", form, follow=True))

    assert f"Not disabled: {gone.url}. The webhook endpoint was not found" in page
    assert "1 disabled." in page
    there.refresh_from_db()
    assert not there.is_enabled
