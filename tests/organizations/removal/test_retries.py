"""Faults that are nobody's fault, and what the service makes of them."""

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from organizations.models import Membership, Removal
from organizations.removal import guards, retries, service
from organizations.removal.service import RemovalOutcome, remove_members
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory, OrganizationFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def member() -> Membership:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return MembershipFactory.create(organization=organization, roles=["Member"])


def remove(member: Membership) -> RemovalOutcome:
    [outcome] = remove_members(
        member.organization_id,
        [member.user_id],
        transfer_to=None,
        actor=None,
        source=Removal.Source.COMMAND,
    )
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
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
        until_somebody_waits_for_a_lock()  # on the new connection

    assert removal.result().removal_id == Removal.objects.get().pk


class Faulty:
    """The guards, failing with a fault a number of times first."""

    def __init__(self, fault: type[psycopg.Error], times: int) -> None:
        self.fault, self.times, self.calls = fault, times, 0

    def __call__(self, *arguments: Any, **options: Any) -> Any:
        self.calls += 1
        if self.calls <= self.times:
            raise OperationalError("undone") from self.fault("undone")
        return guards.find_refusals(*arguments, **options)


@pytest.mark.parametrize(
    "fault", [psycopg.errors.DeadlockDetected, psycopg.errors.SerializationFailure]
)
def test_what_postgresql_undid_for_others_is_tried_again(
    member: Membership, monkeypatch: pytest.MonkeyPatch, fault: type[psycopg.Error]
) -> None:
    monkeypatch.setattr(service, "find_refusals", Faulty(fault, times=retries.ATTEMPTS - 1))

    assert remove(member).removal_id

    assert Removal.objects.count() == 1


def test_after_three_attempts_it_gives_up_and_nothing_is_done(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)
    monkeypatch.setattr(service, "find_refusals", faulty)

    with pytest.raises(OperationalError):
        remove(member)

    assert faulty.calls == 3
    assert not Removal.objects.exists()


@pytest.mark.parametrize("fault", [psycopg.errors.QueryCanceled, psycopg.errors.LockNotAvailable])
def test_a_timeout_is_not_tried_again(
    member: Membership, monkeypatch: pytest.MonkeyPatch, fault: type[psycopg.Error]
) -> None:
    faulty = Faulty(fault, times=99)
    monkeypatch.setattr(service, "find_refusals", faulty)

    with pytest.raises(OperationalError):
        remove(member)

    assert faulty.calls == 1


def test_inside_the_callers_transaction_nothing_is_tried_again(
    member: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    faulty = Faulty(psycopg.errors.DeadlockDetected, times=99)
    monkeypatch.setattr(service, "find_refusals", faulty)

    with pytest.raises(OperationalError), transaction.atomic():
        remove(member)

    assert faulty.calls == 1
