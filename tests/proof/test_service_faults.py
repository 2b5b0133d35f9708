"""Every statement of a removal or a restoration of many fails in every way: all or nothing."""

from collections.abc import Callable, Iterator
from itertools import count

import pytest
from django.db import OperationalError

from organizations.guards.caller import Operator
from organizations.models import Event, Membership, Organization, Removal, Resource, Restoration
from organizations.removal.service import remove_members
from organizations.restoration.service import restore_members
from tests.concurrency import in_background, until_nobody_else_is_at_work
from tests.deactivations import deactivate
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
)
from tests.proof.faults import FaultAt, each_kind_of_fault
from tests.proof.faulty_line import TIMEOUT, FaultyLine, faulty_line
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.removals import remove

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("owner")]

REMOVAL = ("BEGIN", "locks", "who was removed before", "removal", "COMMIT")
RESTORATION = (
    *("BEGIN", "heirs", "lock of heirs", "lock of accounts"),
    *("who is a member", "removals", "roles", "departments", "tokens"),
    *("memberships", "role assignments", "department memberships"),
    *("lock of removals", "resources", "what had passed on", "lock of tasks", "tasks", "records"),
    *("identities", "deactivation", "events", "COMMIT"),
)


@pytest.fixture
def line() -> Iterator[FaultyLine]:
    with faulty_line() as line:
        yield line


def stay(organization: Organization) -> list[Membership]:
    """Return two members."""
    return MembershipFactory.create_batch(2, organization=organization, roles=["Member"])


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


def remove_all(members: list[Membership]) -> object:
    """Remove them, and somebody who is no member."""
    user_ids = [*(member.user_id for member in members), "usr_nobody"]
    organization_id = members[0].organization_id
    return remove_members(organization_id, user_ids, transfer_to=None, caller=Operator())


def restore_all(members: list[Membership]) -> object:
    user_ids = [member.user_id for member in members]
    return restore_members(members[0].organization_id, user_ids, caller=Operator())


def is_removed(member: Membership) -> bool:
    return Removal.objects.filter(membership=member).exists()


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


@each_kind_of_fault
@pytest.mark.parametrize(
    ("what", "make", "act", "is_done", "statements"),
    [
        ("removal", stay, remove_all, is_removed, REMOVAL),
        ("restoration", leave, restore_all, is_restored, RESTORATION),
    ],
    ids=["removal", "restoration"],
)
def test_any_statement_of_a_change_of_many_fails(
    organization: Organization,
    line: FaultyLine,
    tally: Tally,
    what: str,
    make: Callable[[Organization], list[Membership]],
    act: Callable[[list[Membership]], object],
    is_done: Callable[[Membership], bool],
    statements: tuple[str, ...],
    fault_at: FaultAt,
) -> None:
    """A lost line and a timeout are errors; what PostgreSQL undid for others is tried again."""
    for number in count(1):
        members, fault = make(organization), fault_at(number)

        def act_over_the_line() -> object:
            line.connect(fault)  # noqa: B023 (it ends within the loop)
            return act(members)  # noqa: B023

        with in_background(act_over_the_line) as acting:
            failed = isinstance(acting.exception(), OperationalError)
        until_nobody_else_is_at_work()

        happened = fault.happened.is_set()
        assert failed == (happened and not fault.is_undone_for_others)
        done = {is_done(member) for member in members}
        # Whoever lost the line learns from the records whether it was done.
        assert done in (
            [{False}, {True}] if failed and fault.sqlstate != TIMEOUT else [{not failed}]
        )
        assert broken_invariants() == []
        if not happened:
            break
        tally(f"faults, each at one of the statements of a {what}")
    assert number == len(statements) + 1
