"""Users who come back while resources pass: what they own, and what should pass to them.

An heir who left and came back while the service waited takes nothing over: it locked no membership
of theirs, so they could leave again before the resources pass.
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import transaction

from config.errors import ContractError
from organizations.assignment.service import add_member
from organizations.guards.caller import Operator
from organizations.models import Membership, Resource
from organizations.schedule.due import carry_out
from organizations.transfer.service import (
    TransferOutcome,
    transfer_resources,
    transfer_selected,
)
from tests.concurrency import (
    in_background,
    result_after,
    until_somebody_waits_for_a_lock,
    waiting_for,
)
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import remove
from tests.schedules import due, schedule

pytestmark = pytest.mark.django_db(transaction=True)

Deed = Callable[[Membership, Membership], str]


def code_of(refusal: ContractError | None) -> str:
    return refusal.code if refusal else "done"


def removal(member: Membership, heir: Membership) -> str:
    [outcome] = remove(member, transfer_to=heir.user_id)
    return code_of(outcome.refusal)


def deactivation(member: Membership, heir: Membership) -> str:
    [outcome] = deactivate(member, transfer_to=heir.user_id)
    return code_of(outcome.refusal)


def removal_on_a_date(member: Membership, heir: Membership) -> str:
    [outcome] = schedule(member, transfer_to=heir.user_id)
    return code_of(outcome.refusal)


def transfer(member: Membership, target: str) -> TransferOutcome:
    [outcome] = transfer_resources(
        member.organization_id, [member.user_id], transfer_to=target, caller=Operator()
    )
    return outcome


def transfer_of_what_is_left(member: Membership, heir: Membership) -> str:
    return code_of(transfer(member, heir.user_id).refusal)


def transfer_of_a_selection(member: Membership, heir: Membership) -> str:
    resources = Resource.objects.owned_by(member.user_id).values_list("pk", flat=True)
    try:
        transfer_selected(
            member.organization_id, list(resources), transfer_to=heir.user_id, caller=Operator()
        )
    except ContractError as refusal:
        return refusal.code
    return "done"


@pytest.fixture
def member(owner: Membership) -> Membership:
    member = MembershipFactory.create(organization=owner.organization)
    ResourceFactory.create_batch(2, organization=owner.organization, owner=member.user)
    return member


@pytest.fixture
def heir(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization)


def leave_and_come_back(heir: Membership) -> None:
    remove(heir)
    MembershipFactory.create(organization=heir.organization, user=heir.user)


@pytest.mark.parametrize(
    "deed",
    [
        removal,
        deactivation,
        removal_on_a_date,
        transfer_of_what_is_left,
        transfer_of_a_selection,
    ],
)
def test_who_came_back_while_it_waited_takes_nothing_over(
    member: Membership, heir: Membership, deed: Deed
) -> None:
    if deed is transfer_of_what_is_left:
        deactivate(member)

    answer = result_after(partial(leave_and_come_back, heir), partial(deed, member, heir))

    assert answer == "TRANSFER_USER_NOT_FOUND"
    assert Resource.objects.owned_by(member.user_id).count() == 2
    assert deed(member, heir) == "done", "they are locked as the member that they are by now"


def test_a_due_removal_locks_its_heir_anew(member: Membership, heir: Membership) -> None:
    found = due(member, transfer_to=heir.user_id)

    result_after(partial(leave_and_come_back, heir), partial(carry_out, found.pk))

    found.refresh_from_db()
    assert (found.status, found.failure) == ("done", "")
    assert Resource.objects.owned_by(heir.user_id).count() == 2


def test_what_an_active_member_owns_stays_theirs_if_they_came_back_meanwhile(
    owner: Membership,
) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    former = MembershipFactory.create(organization=owner.organization)
    remove(former)

    with ExitStack() as both:
        with transaction.atomic():
            add_member(owner.organization_id, former.user_id, caller=Operator())
            waiting = both.enter_context(in_background(partial(transfer, former, department.pk)))
            until_somebody_waits_for_a_lock()
            resource = ResourceFactory.create(organization=owner.organization, owner=former.user)
        outcome = waiting.result()

    resource.refresh_from_db()
    assert outcome.refusal
    assert outcome.refusal.code == "USER_IS_ACTIVE"
    assert resource.owner == former.user


def test_somebody_comes_back_once_what_they_left_has_passed_on(owner: Membership) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    former = MembershipFactory.create(organization=owner.organization)
    resource = ResourceFactory.create(organization=owner.organization, owner=former.user)
    remove(former)

    outcome, _ = waiting_for(
        partial(transfer, former, department.pk),
        partial(add_member, owner.organization_id, former.user_id, caller=Operator()),
    )

    assert outcome.resource_count == 1
    resource.refresh_from_db()
    assert resource.department == department
