"""Every statement of a restoration fails in every way: all or nothing."""

from collections.abc import Iterator
from functools import partial
from itertools import count

import pytest
from django.db import OperationalError

from organizations.guards.caller import Operator
from organizations.models import Event, Membership, Organization, Resource, Restoration
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import restore_members
from tests.concurrency import in_background, until_nobody_else_is_at_work
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.proof.faulty_line import (
    DEADLOCK,
    SERIALIZATION_FAILURE,
    TIMEOUT,
    Fault,
    FaultyLine,
    faulty_line,
)
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)

FAULTS = "faults, each at one of the statements of a restoration"
STATEMENTS = (
    *("BEGIN", "heirs", "lock of heirs", "lock of accounts"),
    *("who is a member", "by which restoration", "removals", "roles", "departments", "tokens"),
    *("memberships", "role assignments", "department memberships"),
    *("lock of removals", "lock of resources", "resources", "what had passed on"),
    *("lock of tasks", "tasks", "records"),
    *("deactivation", "identities", "events", "COMMIT"),
)


@pytest.fixture
def organization() -> Organization:
    """An organization with an owner."""
    organization: Organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return organization


@pytest.fixture
def line() -> Iterator[FaultyLine]:
    with faulty_line() as line:
        yield line


def leave(organization: Organization) -> list[Membership]:
    """Return two former members who held everything; one of them was deactivated."""
    department = DepartmentFactory.create(organization=organization)
    members: list[Membership] = MembershipFactory.create_batch(
        2, organization=organization, roles=["Owner", "Member"], departments=[department]
    )
    OffboardingStepFactory.create(organization=organization, assigned_to_department=department)
    for member in members:
        ResourceFactory.create_batch(2, organization=organization, owner=member.user)
    deactivate(members[0])
    remove(*members, transfer_to=department.pk)
    return members


def restore_over(
    line: FaultyLine, fault: Fault, members: list[Membership]
) -> list[RestorationOutcome]:
    """Restore members on a connection that goes by a faulty line."""
    line.connect(fault)
    return restore_members(
        members[0].organization_id,
        [member.user_id for member in members],
        caller=Operator(),
    )


def is_restored(former: Membership) -> bool:
    """Whether the member is back completely; raises AssertionError for anything in between."""
    back = Membership.objects.current().filter(user=former.user).first()
    was_deactivated = Membership.objects.get(pk=former.pk).deactivated_at is not None
    traces = {
        back is not None and (back.deactivated_at is not None) == was_deactivated,
        back is not None and back.role_assignments.count() == 2,
        back is not None and back.department_memberships.count() == 1,
        Resource.objects.owned_by(former.user_id).filter(removal=None).count() == 2,
        Restoration.objects.filter(removal__membership=former, resource_count=2).exists(),
        Event.objects.filter(user=former.user, type=Event.Type.MEMBER_RESTORED).count() == 1,
    }
    assert len(traces) == 1, traces
    return traces == {True}


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_the_line_is_cut_at_any_statement(
    organization: Organization, line: FaultyLine, tally: Tally, after: bool
) -> None:
    for number in count(1):
        members = leave(organization)
        fault = Fault(number, after=after)
        with in_background(partial(restore_over, line, fault, members)) as restoring:
            lost = isinstance(restoring.exception(), OperationalError)
        until_nobody_else_is_at_work()

        # A lost line is an error; the records say whether the restoration was done.
        restored = {is_restored(member) for member in members}
        assert restored in ([{False}, {True}] if lost else [{True}])
        assert broken_invariants() == []
        if not fault.happened.is_set():
            break
        assert lost
        tally(FAULTS)
    assert number == len(STATEMENTS) + 1


@pytest.mark.parametrize("sqlstate", [TIMEOUT, DEADLOCK, SERIALIZATION_FAILURE])
def test_any_statement_fails_on_the_server(
    organization: Organization, line: FaultyLine, tally: Tally, sqlstate: str
) -> None:
    """What PostgreSQL undid for others is tried again, up to and with the commit."""
    for number in count(1):
        members = leave(organization)
        fault = Fault(number, sqlstate=sqlstate)
        with in_background(partial(restore_over, line, fault, members)) as restoring:
            failed = isinstance(restoring.exception(), OperationalError)
        until_nobody_else_is_at_work()

        assert {is_restored(member) for member in members} == {not failed}
        assert broken_invariants() == []
        if not fault.happened.is_set():
            break
        assert failed == (sqlstate == TIMEOUT)
        tally(FAULTS)
