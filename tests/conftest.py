"""Fixtures and settings of all tests."""

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.db.backends.base.creation import TEST_DATABASE_PREFIX
from django.test import TransactionTestCase, override_settings
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from config.embedded_postgres.server import Server
from organizations.models import Membership, Organization
from tests.databases import embedded_server, empty_tables, take
from tests.factories import MembershipFactory, OrganizationFactory
from tests.proof.figures import table
from users.models import AccessToken, User

ClientOf = Callable[[User], APIClient]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Use a test database that no other process has, of this run or another.

    The next run replaces what a killed one left, or uses it again with --reuse-db.
    """
    with ExitStack() as session:
        with django_db_blocker.unblock():
            cursor = session.enter_context(connection._nodb_cursor())
            test = connection.settings_dict["TEST"]
            name = test["NAME"] or TEST_DATABASE_PREFIX + connection.settings_dict["NAME"]
            test["NAME"] = take(cursor, name)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Do not wait for the disk at each commit: tests' data need not survive a crash.

    At the end every other connection is cut, autovacuum's too: the database is to be dropped.
    """
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            name = connection.ops.quote_name(connection.settings_dict["NAME"])
            cursor.execute(f"ALTER DATABASE {name} SET synchronous_commit = off")
        connection.close()  # it applies to new connections
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid, 20000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND (usename = current_user OR current_setting('is_superuser') = 'on')"
        )


@pytest.fixture(scope="session", autouse=True)
def _quickly_hashed() -> Iterator[None]:
    """Hash passwords fast: production's hash takes a quarter of a second."""
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"]):
        yield


@pytest.fixture(autouse=True)
def _uncounted() -> None:
    """Start every test with no request counted against a rate."""
    cache.clear()


@pytest.fixture(scope="session", autouse=True)
def _emptied_after_commits() -> Iterator[None]:
    """Empty the tables after each test that commits, faster than Django does."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty_tables())
        yield


@pytest.fixture(scope="module")
def module_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a module's fixture make rows once for tests that only read them; they are rolled back.

    Each of these tests uses ``db``, so its own changes are rolled back before the next test.
    """
    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let a module's fixture use the database outside of a transaction, as a server's does."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture
def server() -> Iterator[Server]:
    """An embedded PostgreSQL of the test's own."""
    with embedded_server() as server:
        yield server


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
    """Make a client of the API that acts as a user, where they are a member at that moment."""

    def client_of(user: User) -> APIClient:
        _, plain = AccessToken.objects.issue(user, name="test", lifetime=timedelta(hours=1))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
        return client

    return client_of


def pytest_collection_finish() -> None:
    """Collect garbage less often, and never what was imported: that saves 4 % of the time."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what the proof tried, in all processes."""
    stats = terminalreporter.stats.values()
    if lines := table(report for reports in stats for report in reports):
        terminalreporter.section("what was tried")
        for line in lines:
            terminalreporter.write_line(line)
