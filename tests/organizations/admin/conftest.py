"""Those who use the admin."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import UserFactory
from users.models import User


@pytest.fixture
def staff(db: None) -> User:
    """Somebody who may do everything in the admin."""
    return UserFactory.create(is_staff=True, is_superuser=True)


@pytest.fixture
def browser(staff: User) -> Client:
    """A browser of the staff."""
    client = Client()
    client.force_login(staff)
    return client


@pytest.fixture
def reader(db: None) -> Client:
    """A browser of somebody who may see and change members but not remove them."""
    user = UserFactory.create(is_staff=True)
    user.user_permissions.add(
        *Permission.objects.filter(codename__in=["view_membership", "change_membership"])
    )
    client = Client()
    client.force_login(user)
    return client
