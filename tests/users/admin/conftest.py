"""Staff who are no superusers."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import UserFactory
from users.models import User

StaffWith = Callable[..., tuple[User, Client]]


@pytest.fixture
def staff_with(db: None) -> StaffWith:
    """Somebody with these permissions and no other, and their browser."""

    def staff_with(*permissions: str) -> tuple[User, Client]:
        user = UserFactory.create(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
        client = Client()
        client.force_login(user)
        return user, client

    return staff_with
