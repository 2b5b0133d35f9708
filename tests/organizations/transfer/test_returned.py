"""What somebody owns who came back while their things were to be passed on."""

from contextlib import ExitStack
from functools import partial

import pytest
from django.db import transaction

from organizations.assignment.service import add_member
from organizations.guards.caller import Operator
from organizations.models import Membership
from organizations.transfer.service import TransferOutcome, transfer_resources
from tests.concurrency import in_background, until_somebody_waits_for_a_lock, waiting_for
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)


def transfer(member: Membership, target: str) -> TransferOutcome:
    [outcome] = transfer_resources(
        member.organization_id, [member.user_id], transfer_to=target, caller=Operator()
    )
    return outcome


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
