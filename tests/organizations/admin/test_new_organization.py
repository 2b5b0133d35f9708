"""An organization is made with its owner."""

import pytest
from django.test import Client

from organizations.models import Event, Organization
from tests.factories import UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_with
from users.models import User

ADD = "/admin/organizations/organization/add/"
FORM = {"name": "Acme", "owner": "Olivia@Acme.example", "owner_name": "Olivia Owner"}


def test_its_owner_gets_an_account_if_there_is_none(browser: Client, staff: User) -> None:
    browser.post(ADD, FORM)

    member = Organization.objects.get().memberships.get()
    assert str(member.user) == "Olivia Owner <olivia@acme.example>"
    assert member.role_assignments.get().role.is_owner
    assert Event.objects.get().actor == staff


@pytest.mark.parametrize(
    ("is_active", "codenames", "problem"),
    [
        (False, [], "is disabled: it can own nothing"),
        (None, ["add_organization", "add_membership", "view_membership"], "you may not make one"),
    ],
    ids=["a disabled account", "an account that one may not make"],
)
def test_an_owner_who_cannot_be_one_is_refused_and_nothing_is_made(
    browser: Client, is_active: bool | None, codenames: list[str], problem: str
) -> None:
    if is_active is not None:
        UserFactory.create(email="olivia@acme.example", is_active=is_active)
    if codenames:
        browser = browser_with(*codenames)

    page = text_of(browser.post(ADD, FORM))

    assert problem in page
    assert not Organization.objects.exists()


def test_whoever_may_add_no_member_is_not_asked_for_the_owner(staff: User) -> None:
    browser = browser_with("add_organization")

    browser.post(ADD, {"name": "Acme"})

    assert not Organization.objects.get().memberships.exists()
