"""The page of an organization, sent while somebody else changes it or who sends it."""

from functools import partial

import pytest

from organizations.domains.service import domains_of
from organizations.models import Organization
from tests.concurrency import result_after
from tests.organizations.admin.page import page_of
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from tests.organizations.admin.test_domains import form

pytestmark = pytest.mark.django_db(transaction=True)


def rename(organization: Organization) -> None:
    theirs = Organization.objects.get(pk=organization.pk)
    theirs.name = "New"
    theirs.save()


def test_a_name_that_is_changed_while_domains_are_set_stays(organization: Organization) -> None:
    browser = browser_with("view_organization", "change_domains")

    result_after(
        partial(rename, organization),
        partial(browser.post, page_of(organization), form(organization, "a.example")),
    )

    assert domains_of(organization.pk) == ["a.example"]
    assert Organization.objects.get(pk=organization.pk).name == "New"


def test_staff_who_lose_their_rights_while_a_page_waits_change_nothing(
    organization: Organization,
) -> None:
    staff = staff_with("view_organization", "change_organization", "change_domains")

    def change() -> None:
        staff.user_permissions.clear()
        rename(organization)

    fields = form(organization, "a.example", name="Old")
    response = result_after(change, partial(browser_of(staff).post, page_of(organization), fields))

    assert response.status_code == 403
    assert domains_of(organization.pk) == []
    assert Organization.objects.get(pk=organization.pk).name == "New"
