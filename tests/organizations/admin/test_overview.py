"""What the admin's first page shows."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from organizations.admin import overview
from organizations.admin.overview import SECTIONS
from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Organization, Resource
from tests.benchmarks.world import make_organization
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_with
from tests.removals import remove
from tests.sequential_scans import LARGE, MANY, analyze, rows_read, tables_read_whole


def leave_behind(organization: Organization, number: int) -> Membership:
    """Remove a member who owns so much and passes nothing on."""
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create_batch(number, organization=organization, owner=member.user)
    remove(member)
    return member


def test_resources_whose_owner_has_left_are_counted_and_listed(
    browser: Client, owner: Membership
) -> None:
    organization = owner.organization
    leave_behind(organization, 2)
    department = DepartmentFactory.create(organization=organization)
    passed_on = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=passed_on.user)
    remove(passed_on, transfer_to=department.pk)
    returned = leave_behind(organization, 1)
    MembershipFactory.create(organization=organization, user=returned.user)
    ResourceFactory.create(organization=organization, owner=owner.user)

    concern = overview.resources_whose_owner_has_left()

    assert concern.number == "2"
    assert f'href="{concern.address}"' in text_of(browser.get("/admin/"))
    assert "2 resources" in text_of(browser.get(concern.address))


def test_a_type_that_stayed_while_the_rest_passed_on_is_counted(
    browser: Client, owner: Membership
) -> None:
    organization = owner.organization
    leaver = MembershipFactory.create(organization=organization)
    for slug in ("document", "repository"):
        ResourceFactory.create(organization=organization, owner=leaver.user, type=slug)
    remove(leaver, transfer_to=Targets(owner.user_id, {"repository": None}))

    assert overview.resources_whose_owner_has_left().number == "1"


def test_organizations_with_one_owner_are_counted_and_listed(browser: Client) -> None:
    alone = MembershipFactory.create(roles=["Owner"]).organization
    OrganizationFactory.create(name="Without an owner")
    pair = OrganizationFactory.create(name="A pair")
    MembershipFactory.create_batch(2, organization=pair, roles=["Owner"])
    half = OrganizationFactory.create(name="One of two is disabled")
    MembershipFactory.create(organization=half, roles=["Owner"])
    MembershipFactory.create(organization=half, roles=["Owner"], user__is_active=False)

    concern = overview.organizations_with_one_owner()

    assert concern.number == "2"
    page = text_of(browser.get(concern.address))
    assert alone.name in page
    assert half.name in page
    assert "A pair" not in page
    assert "Without an owner" not in page


def test_removals_are_counted_by_week(browser: Client, owner: Membership) -> None:
    leave_behind(owner.organization, 0)

    weeks = overview.removals_by_week()

    today = timezone.localdate()
    assert len(weeks) == 12
    assert weeks[-1].monday == today - timedelta(days=today.weekday())
    assert weeks[0].monday == weeks[-1].monday - timedelta(weeks=11)
    assert [week.number for week in weeks] == [0] * 11 + [1]
    assert (weeks[-1].height, weeks[0].height) == (100, 0)
    context: Any = browser.get("/admin/").context
    assert browser.get(context["removals"]).status_code == 200


def test_the_chart_has_a_table_for_those_who_do_not_see_it(
    browser: Client, owner: Membership
) -> None:
    leave_behind(owner.organization, 0)

    page = text_of(browser.get("/admin/"))

    monday = overview.removals_by_week()[-1].monday
    assert '<svg viewBox="0 0 324 130" aria-hidden="true"' in page
    row = f'<th scope="row">{monday.day} {monday:%B %Y}</th><td>1</td>'
    assert row in page.replace("> <", "><")


def test_above_the_limit_a_number_says_more_than(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "COUNTED_UP_TO", 3)
    leave_behind(owner.organization, 4)

    assert overview.resources_whose_owner_has_left().number == "more than 3"


def test_a_number_says_if_not_everything_was_looked_at(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "LOOKED_AT", 1)
    leave_behind(owner.organization, 1)
    leave_behind(owner.organization, 1)
    assert overview.resources_whose_owner_has_left().number == "at least 1"

    Resource.objects.all().update(
        owner=None, department=DepartmentFactory.create(organization=owner.organization)
    )
    assert overview.resources_whose_owner_has_left().number == "none among the first 1"


def test_the_first_page_finds_a_member_and_has_every_list_in_its_section(browser: Client) -> None:
    page = text_of(browser.get("/admin/"))

    assert '<form class="module find-member" action="/admin/organizations/membership/"' in page
    assert re.findall("<caption>([A-Z][a-z]+)</caption>", page) == list(SECTIONS)
    assert {model for models in SECTIONS.values() for model in models} == set(admin.site._registry)
    names = [model._meta.verbose_name_plural for models in SECTIONS.values() for model in models]
    listed = re.findall(r'id="list-\w+"><a [^>]*>(.*?)</a>', page)
    assert [name.lower() for name in listed] == [str(name).lower() for name in names]
    assert {"Programs and directories", "Background jobs"} <= set(listed)


def test_an_applications_own_page_has_its_lists(browser: Client) -> None:
    page = text_of(browser.get("/admin/organizations/"))

    assert '<a href="/admin/organizations/membership/">Memberships</a>' in page
    assert "What needs you" not in page


def test_where_nothing_needs_staff_the_first_page_says_so(browser: Client) -> None:
    assert "<p>Nothing at the moment.</p>" in text_of(browser.get("/admin/"))


@pytest.mark.parametrize(
    ("permission", "shown"),
    [
        ("view_membership", "Find a member"),
        ("view_resource", "Resources whose owner has left"),
        ("view_organization", "Organizations with one owner"),
        ("view_removal", "Removals of the last twelve weeks"),
    ],
)
def test_staff_read_only_of_what_they_may_see(
    owner: Membership, permission: str, shown: str
) -> None:
    leave_behind(owner.organization, 1)
    client = browser_with(permission)

    page = text_of(client.get("/admin/"))

    every = (
        "Find a member",
        "Resources whose owner has left",
        "Organizations with one owner",
        "Removals of the last twelve weeks",
    )
    assert [title for title in every if title in page] == [shown]


def test_the_first_page_reads_few_rows_of_large_tables_for_each_number(
    browser: Client, owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "LOOKED_AT", 5)
    monkeypatch.setattr(overview, "COUNTED_UP_TO", 5)
    make_organization(MANY, roles=1, departments=1, resources=1)
    for organization in OrganizationFactory.create_batch(10):
        MembershipFactory.create_batch(15, organization=organization, roles=["Owner"])
    for _ in range(10):
        leave_behind(owner.organization, 1)
    analyze()
    before = tables_read_whole()

    def rows_of(count: Callable[[], object]) -> int:
        at_first = rows_read(*LARGE)
        count()
        return rows_read(*LARGE) - at_first

    # Of each organization two owners: assignment, membership, account. Of each removal its
    # membership, a resource, and another membership, looked for in vain. And as many that
    # PostgreSQL looks at for its plan.
    assert rows_of(overview.organizations_with_one_owner) <= 2 * 5 * 2 * 3
    assert rows_of(overview.resources_whose_owner_has_left) <= 2 * 5 * 3
    assert rows_of(overview.disabled_webhook_endpoints) == 0
    assert rows_of(lambda: overview.failed_scheduled_removals(owner.user)) == 0
    assert rows_of(overview.removals_by_week) == 0
    page = text_of(browser.get("/admin/"))
    assert "Resources whose owner has left: <strong>at least 5</strong>" in page
    assert tables_read_whole() == before
