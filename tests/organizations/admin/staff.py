"""Staff with some permissions, and their browsers."""

from django.contrib.auth.models import Permission
from django.test import Client

from tests.factories import UserFactory
from users.models import User


def staff_with(*codenames: str) -> User:
    """Make somebody of the staff with these permissions."""
    user: User = UserFactory.create(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def browser_of(user: User) -> Client:
    """Return a browser in which somebody is logged in."""
    client = Client()
    client.force_login(user)
    return client


def browser_with(*codenames: str) -> Client:
    """Return a browser of somebody of the staff with these permissions."""
    return browser_of(staff_with(*codenames))
