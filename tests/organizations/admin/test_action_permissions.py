"""Each action on members takes its permission, and the one to see members."""

from collections.abc import Callable

import pytest
from django.test import Client

from organizations.models import Event, Membership
from tests.deactivations import deactivate
from tests.factories import ResourceFactory
from tests.organizations.admin.member_pages import MEMBERSHIPS, confirmation
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove

PREPARED: dict[str, Callable[[Membership], object]] = {
    "deactivation": lambda member: None,
    "reactivation": deactivate,
    "removal": lambda member: None,
    "restoration": remove,
    "leftovers": remove,
}


@pytest.mark.parametrize("action", PREPARED)
def test_without_the_permission_it_is_not_offered_and_a_forged_request_is_refused(
    reader: Client, browser: Client, member: Membership, action: str
) -> None:
    ResourceFactory.create(organization=member.organization, owner=member.user)
    PREPARED[action](member)
    happened = Event.objects.count()
    address = confirmation(browser, action, member)
    offered = f"{member.pk}/{action}/"

    assert offered in text_of(browser.get(page_of(member)))
    assert offered not in text_of(reader.get(page_of(member)))
    for forged in (address, f"{MEMBERSHIPS}{offered}"):
        assert reader.get(forged).status_code == 403
        assert reader.post(forged, {"reason": ""}).status_code == 403
    assert Event.objects.count() == happened


@pytest.mark.parametrize("action", ["deactivation", "reactivation", "removal"])
def test_without_the_permission_the_list_does_not_offer_it(
    reader: Client, browser: Client, member: Membership, action: str
) -> None:
    offered = f'<option value="{action}">'

    assert offered in text_of(browser.get(MEMBERSHIPS))
    assert offered not in text_of(reader.get(MEMBERSHIPS))


def test_without_the_permission_nobody_reads_a_result(
    reader: Client, browser: Client, member: Membership
) -> None:
    result = browser.post(confirmation(browser, "removal", member), {"reason": ""})["Location"]

    assert reader.get(result).status_code == 403


def test_who_may_not_see_members_reads_nothing_of_one_who_was_removed(member: Membership) -> None:
    remove(member)
    browser = browser_with("view_role")

    assert browser.post(page_of(member), {}).status_code == 403
    assert member.user.name not in text_of(browser.get("/admin/"))


@pytest.mark.parametrize("key", ["gone", "0", str(10**30)])
@pytest.mark.parametrize("action", PREPARED)
def test_an_action_on_no_member_is_not_found(browser: Client, action: str, key: str) -> None:
    assert browser.get(f"{MEMBERSHIPS}{key}/{action}/").status_code == 404


@pytest.mark.parametrize("action", ["removal", "leftovers"])
def test_the_permission_to_remove_shows_nobody_whom_one_may_not_see(
    member: Membership, action: str
) -> None:
    browser = browser_with("remove_membership")

    assert browser.get(f"{MEMBERSHIPS}{member.pk}/{action}/").status_code == 403
