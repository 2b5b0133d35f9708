"""Those who use the admin, and a member."""

import pytest
from django.test import Client

from organizations.models import Membership, Organization
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.admin.staff import browser_of, browser_with
from users.models import User


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who may do everything in the admin."""
    return UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def browser(staff: User) -> Client:
    """A browser of the staff."""
    return browser_of(staff)


@pytest.fixture
def reader(db: None) -> Client:
    """A browser of somebody who may see and change members but not remove them."""
    return browser_with("view_membership", "change_membership")


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    """A member with a role, who is not the owner."""
    return MembershipFactory.create(organization=organization, roles=["Member"])
