"""What the pages of actions on members say, whole: a text of each is in the folder pages."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from organizations.guards.caller import Operator
from organizations.handover.closing import State, TaskChange, change_task
from organizations.models import Membership, OffboardingTask, Organization, Source
from tests.deactivations import deactivate
from tests.directories import connect, manage
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
    WebhookEndpointFactory,
)
from tests.organizations.admin.member_pages import ADMIN, confirmation
from tests.organizations.admin.page import page_of, text_of, words_of
from tests.programs import connect_program
from tests.schedules import schedule
from users.models import AccessToken, User

PAGES = Path(__file__).with_name("pages")


def assert_says(response: Any, name: str) -> None:
    """Raise AssertionError unless a page says what its text in the folder says."""
    assert words_of(response) == (PAGES / f"{name}.txt").read_text(encoding="utf-8")


def member_of(organization: Organization, name: str, **fields: Any) -> Membership:
    email = f"{name.split()[0].lower()}@example.com"
    return MembershipFactory.create(
        organization=organization, user__full_name=name, user__email=email, **fields
    )


@pytest.fixture
def staff(staff: User) -> User:
    """Somebody who may do everything, with a name that a page shows."""
    staff.full_name = "Stella Staff"
    staff.save()
    return staff


@pytest.fixture
def acme(db: None) -> Organization:
    """An organization with steps for leavers, and with a directory."""
    acme: Organization = OrganizationFactory.create(name="Acme")
    OffboardingStepFactory.create(organization=acme, key="laptop", title="Laptop", position=2)
    for key, title, fields in (
        ("code", "Repositories", {"position": 1, "applies_to_type": "repository"}),
        ("calendar", "Calendars", {"applies_to_type": "calendar"}),
        ("pager", "Pager", {"enabled": False}),
    ):
        OffboardingStepFactory.create(organization=acme, key=key, title=title, **fields)
    connect(acme, name="Okta", remove_after_days=1)
    return acme


@pytest.fixture
def olivia(acme: Organization) -> Membership:
    """The only owner."""
    return member_of(acme, "Olivia Owner", roles=["Owner"])


@pytest.fixture
def lea(acme: Organization, olivia: Membership) -> Membership:
    """A member who has everything that a page says of somebody."""
    departments = [DepartmentFactory.create(organization=acme, name=n) for n in ("Sales", "Lab")]
    lea = member_of(
        acme,
        "Lea Leaver",
        roles=["Admin", "Member"],
        departments=departments,
        user__is_staff=True,
    )
    for slug in ("repository", "repository", "document"):
        ResourceFactory.create(organization=acme, owner=lea.user, type=slug)
    manage(lea)
    connect_program(acme, name="Payroll", created_by=lea.user)
    connect_program(acme, name="Chat", rotated_by=lea.user)
    connect_program(acme, name="Of somebody else")
    WebhookEndpointFactory.create(organization=acme, created_by=lea.user, description="Badges <1>")
    WebhookEndpointFactory.create(created_by=lea.user, description="Elsewhere")
    schedule(lea)
    schedule(member_of(acme, "Ida Idle"), actor=lea.user, source=Source.API)
    AccessToken.objects.issue(lea.user, name="", lifetime=timedelta(days=1))
    return lea


@pytest.fixture
def max_(acme: Organization, lea: Membership) -> Membership:
    """A deactivated member of whom there is little to say."""
    max_ = member_of(acme, "Max Muster", user__is_staff=True, user__is_active=False)
    ResourceFactory.create_batch(2, organization=acme, owner=max_.user, type="document")
    deactivate(max_)
    return max_


def test_a_removal_its_result_its_record_and_its_restoration(
    browser: Client, acme: Organization, olivia: Membership, lea: Membership, max_: Membership
) -> None:
    sales, lab = acme.departments.order_by("pk")
    address = confirmation(browser, "removal", olivia, lea, max_)
    assert_says(browser.get(address), "removal")

    form = {f"department_of_{acme.pk}_for_repository": sales.pk, "reason": "Moved away"}
    result: Any = browser.post(address, form, follow=True)
    assert_says(result, "removal_result")
    assert_says(browser.get(page_of(lea.removal)), "removal_record")
    assert "disable it there" not in words_of(browser.get(page_of(max_.removal)))

    lab.delete()
    for task, state in zip(OffboardingTask.objects.order_by("key", "pk"), State, strict=False):
        change_task(acme.pk, task.pk, TaskChange(state), caller=Operator())
    undoing = f"{ADMIN}membership/removal/{result.context['undoing']}/undoing/"
    restoration: Any = browser.get(undoing)
    assert_says(browser.get(restoration.url), "restoration")
    restored = text_of(browser.post(restoration.url, {"reason": ""}, follow=True))
    assert "2 members restored." in restored
    assert "2 offboarding tasks cancelled." in restored


def test_a_removal_of_one_member(browser: Client, lea: Membership) -> None:
    assert_says(browser.get(confirmation(browser, "removal", lea)), "removal_of_one")


def test_a_deactivation_and_a_reactivation(
    browser: Client, olivia: Membership, lea: Membership
) -> None:
    address = confirmation(browser, "deactivation", olivia, lea)
    assert_says(browser.get(address), "deactivation")

    browser.post(address, {"reason": ""})
    assert_says(browser.get(confirmation(browser, "reactivation", lea)), "reactivation")
