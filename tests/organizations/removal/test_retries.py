"""Faults that are nobody's fault, and what the service makes of them."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from organizations.models import Membership, Removal
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.retries import ATTEMPTS
from organizations.removal.service import STATEMENT
from tests.concurrency import (
    cut_whoever_waits_for_a_lock,
    in_background,
    until_somebody_waits_for_a_lock,
)
from tests.factories import MembershipFactory, OrganizationFactory
from tests.organizations.removal import outcomes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Membership:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return MembershipFactory.create(organization=organization, roles=["Member"])


def remove(member: Membership) -> RemovalOutcome:
    [outcome] = outcomes.remove(member)
    return outcome


@contextmanager
def in_background_of_a_lock(member: Membership) -> Iterator["Future[RemovalOutcome]"]:
    """Start a removal that waits for a lock, which is released at the end of the block."""
    with ExitStack() as stack, transaction.atomic():
        Membership.objects.select_for_update().get(pk=member.pk)
        removal = stack.enter_context(in_background(lambda: remove(member)))
        yield removal


def test_a_connection_cut_in_the_middle_is_replaced_and_the_removal_done(
    member: Membership,
) -> None:
    with in_background_of_a_lock(member) as removal:
        until_somebody_waits_for_a_lock()
        cut_whoever_waits_for_a_lock()
        until_somebody_waits_for_a_lock()  # on the new connection

    assert removal.result().removal_id == Removal.objects.get().pk


class Faulty:
    """What the removing statement meets: a fault, a number of times, instead of an answer."""

    def __init__(
        self,
        fault: type[psycopg.Error],
        times: int,
        *,
        is_executed: bool = False,
        then: Callable[[], object] = lambda: None,
    ) -> None:
        self.fault, self.times, self.is_executed, self.then = fault, times, is_executed, then
        self.calls = 0

    def __call__(self, execute: Any, sql: str, *arguments: Any) -> Any:
        if sql != STATEMENT:
            return execute(sql, *arguments)
        self.calls += 1
        if self.calls > self.times:
            return execute(sql, *arguments)
        if self.is_executed:
            execute(sql, *arguments)
        self.then()
        raise OperationalError("undone") from self.fault("undone")


@pytest.mark.parametrize(
    "fault", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure]
)
def test_what_postgresql_undid_for_others_is_tried_again(
    member: Membership, fault: type[psycopg.Error]
) -> None:
    with connection.execute_wrapper(Faulty(fault, times=ATTEMPTS - 1)):
        assert remove(member).removal_id

    assert Removal.objects.count() == 1


def test_a_removal_whose_answer_was_lost_is_found_on_record(member: Membership) -> None:
    lost = Faulty(psycopg.OperationalError, times=1, is_executed=True)

    with connection.execute_wrapper(lost):
        outcome = remove(member)

    assert lost.calls == 2
    assert (outcome.removal_id, outcome.role_count) == (Removal.objects.get().pk, 1)
    assert outcome.refusal is None


def test_whose_own_removal_was_lost_learns_of_it_whatever_came_after(member: Membership) -> None:
    def come_back() -> None:
        MembershipFactory.create(organization=member.organization, user=member.user)

    lost = Faulty(psycopg.OperationalError, times=1, is_executed=True, then=come_back)

    with connection.execute_wrapper(lost):
        outcome = remove(member)

    assert outcome.removal_id == Removal.objects.get().pk
    assert Membership.objects.current().filter(user=member.user).exists()


def test_after_three_attempts_it_gives_up_and_nothing_is_done(member: Membership) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)

    with pytest.raises(OperationalError), connection.execute_wrapper(faulty):
        remove(member)

    assert faulty.calls == 3
    assert not Removal.objects.exists()


@pytest.mark.parametrize(
    ("fault", "attempts"),
    [
        (psycopg.errors.QueryCanceled, 1),
        (psycopg.errors.LockNotAvailable, 2),  # the first does not wait for a lock
    ],
)
def test_a_timeout_is_not_tried_again(
    member: Membership, fault: type[psycopg.Error], attempts: int
) -> None:
    faulty = Faulty(fault, times=99)

    with pytest.raises(OperationalError), connection.execute_wrapper(faulty):
        remove(member)

    assert faulty.calls == attempts


def test_inside_the_callers_transaction_a_deadlock_is_the_callers(member: Membership) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)

    with (
        pytest.raises(OperationalError),
        connection.execute_wrapper(faulty),
        transaction.atomic(),
    ):
        remove(member)

    assert faulty.calls == 1
