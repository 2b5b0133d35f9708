"""Those who use the admin."""

import pytest
from django.test import Client

from tests.factories import UserFactory
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
