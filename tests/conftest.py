"""The cast of the tests."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from rest_framework.test import APIClient

from config.embedded_postgres.server import Server
from organizations.models import Membership, Organization
from tests.factories import MembershipFactory, OrganizationFactory
from users.models import AccessToken, User

ClientOf = Callable[[User], APIClient]


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    """Start every test with no request counted against a rate."""
    cache.clear()


@pytest.fixture(autouse=True)
def _without_jobs(request: pytest.FixtureRequest) -> None:
    """Start a test that commits without the jobs of others: Django empties its own tables alone."""
    mark = request.node.get_closest_marker("django_db")
    if mark and mark.kwargs.get("transaction"):
        request.getfixturevalue("transactional_db")
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM procrastinate_periodic_defers; DELETE FROM procrastinate_jobs;"
                " DELETE FROM procrastinate_workers"
            )


@pytest.fixture
def server() -> Iterator[Server]:
    """An embedded PostgreSQL of the test's own, which has ended when the test has.

    It is not in `tmp_path`: for root, a second pytest would close the folder above to PostgreSQL.
    """
    with TemporaryDirectory() as name:
        folder = Path(name) / "postgres"
        yield Server(folder)
        last = Server(folder)
        with suppress(ImproperlyConfigured):
            last.start()
        last.leave()


@pytest.fixture
def organization(db: None) -> Organization:
    """An organization with nobody in it yet."""
    return OrganizationFactory.create()


@pytest.fixture
def owner(organization: Organization) -> Membership:
    """The organization's only owner."""
    return MembershipFactory.create(organization=organization, roles=["Owner"])


@pytest.fixture
def client_of() -> ClientOf:
    """A client of the API that acts as a user, where they are a member when it is made."""

    def client_of(user: User) -> APIClient:
        _, plain = AccessToken.objects.issue(user, name="test", lifetime=timedelta(hours=1))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
        return client

    return client_of
