"""Faults that are nobody's fault, and what the service makes of them."""

from typing import Any

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from procrastinate.contrib.django.django_connector import wrap_exceptions

from config.retries import ATTEMPTS, retried
from organizations.models import Membership, Removal
from organizations.removal.service import DECIDE_AND_REMOVE
from tests.factories import MembershipFactory, OrganizationFactory
from tests.removals import codes, remove

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Membership:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return MembershipFactory.create(organization=organization, roles=["Member"])


class Faulty:
    """What the removing statement meets: a fault, a number of times, instead of an answer."""

    def __init__(
        self, fault: type[psycopg.Error], times: int, *, is_executed: bool = False
    ) -> None:
        self.fault, self.times, self.is_executed = fault, times, is_executed
        self.calls = 0

    def __call__(self, execute: Any, sql: str, *arguments: Any) -> Any:
        if sql != DECIDE_AND_REMOVE:
            return execute(sql, *arguments)
        self.calls += 1
        if self.calls > self.times:
            return execute(sql, *arguments)
        if self.is_executed:
            execute(sql, *arguments)
        raise OperationalError("undone") from self.fault("undone")


@pytest.mark.parametrize(
    "fault", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure]
)
def test_what_postgresql_undid_for_others_is_tried_again(
    member: Membership, fault: type[psycopg.Error]
) -> None:
    with connection.execute_wrapper(Faulty(fault, times=ATTEMPTS - 1)):
        assert codes([remove(member)]) == ["removed"]

    assert Removal.objects.count() == 1


def test_a_lost_connection_is_told_and_not_guessed_at(member: Membership) -> None:
    lost = Faulty(psycopg.OperationalError, times=1, is_executed=True)

    with pytest.raises(OperationalError), connection.execute_wrapper(lost):
        remove(member)

    assert lost.calls == 1


def test_after_three_attempts_the_database_is_unavailable_and_nothing_is_done(
    member: Membership,
) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)

    with (
        pytest.raises(OperationalError, match="given up after 3"),
        connection.execute_wrapper(faulty),
    ):
        remove(member)

    assert faulty.calls == 3
    assert not Removal.objects.exists()


def test_a_foreign_key_that_fails_every_time_is_raised_as_it_is(member: Membership) -> None:
    tries = []

    @retried
    def refer_to_nothing() -> None:
        tries.append(1)
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE organizations_organization SET id = 'org_other' WHERE id = %s",
                [member.organization_id],
            )

    with pytest.raises(IntegrityError):
        refer_to_nothing()

    assert len(tries) == ATTEMPTS


def test_a_service_under_a_door_that_tries_again_is_tried_three_times_in_all(
    member: Membership,
) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)

    @retried
    def door() -> None:
        remove(member)

    with pytest.raises(OperationalError), connection.execute_wrapper(faulty):
        door()

    assert faulty.calls == ATTEMPTS


@pytest.mark.parametrize("fault", [psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable])
def test_a_timeout_is_not_tried_again(member: Membership, fault: type[psycopg.Error]) -> None:
    faulty = Faulty(fault, times=99)

    with pytest.raises(OperationalError), connection.execute_wrapper(faulty):
        remove(member)

    assert faulty.calls == 1


def test_inside_the_callers_transaction_a_deadlock_is_the_callers(member: Membership) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)

    with (
        pytest.raises(OperationalError),
        connection.execute_wrapper(faulty),
        transaction.atomic(),
    ):
        remove(member)

    assert faulty.calls == 1


def test_an_error_that_procrastinate_wraps_is_looked_through() -> None:
    tries = []

    @retried
    def defer() -> str:
        tries.append(1)
        if len(tries) < ATTEMPTS:
            undone = OperationalError("undone")
            undone.__cause__ = psycopg.errors.DeadlockDetected("undone")
            with wrap_exceptions():
                raise undone
        return "deferred"

    assert defer() == "deferred"
    assert len(tries) == ATTEMPTS
