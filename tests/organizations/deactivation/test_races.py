"""What happens at the same moment as a deactivation, or as a transfer to a person."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Protocol

import pytest
from django.db import transaction

from config.errors import ContractError
from organizations.locks import lock_members
from organizations.models import Event, Membership, Removal, Resource
from tests.concurrency import (
    all_at_once,
    in_background,
    result_after,
    until_somebody_waits_for_a_lock,
)
from tests.deactivations import deactivate, reactivate, states
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import codes, remove

pytestmark = pytest.mark.django_db(transaction=True)


class Outcome(Protocol):
    """What a removal and a deactivation both return for each user."""

    @property
    def refusal(self) -> ContractError | None: ...


Leaving = Callable[..., Sequence[Outcome]]

leaving = pytest.mark.parametrize("leave", [remove, deactivate])


def count_outcomes(*outcomes: Sequence[Outcome]) -> Counter[str]:
    return Counter(
        outcome.refusal.code if outcome.refusal else "done"
        for several in outcomes
        for outcome in several
    )


@pytest.fixture
def two(owner: Membership) -> tuple[Membership, Membership]:
    """Two members who own two resources each."""
    first, second = MembershipFactory.create_batch(2, organization=owner.organization)
    for member in (first, second):
        ResourceFactory.create_batch(2, organization=owner.organization, owner=member.user)
    return first, second


def test_of_many_deactivations_of_one_member_at_once_exactly_one_is_done(
    member: Membership,
) -> None:
    outcomes = all_at_once(*[partial(deactivate, member)] * 8)

    assert states(outcomes) == ["USER_ALREADY_DEACTIVATED"] * 7 + ["done"]
    assert Event.objects.count() == 1


def test_of_many_reactivations_of_one_member_at_once_exactly_one_is_done(
    member: Membership,
) -> None:
    deactivate(member)

    outcomes = all_at_once(*[partial(reactivate, member)] * 8)

    assert states(outcomes) == ["USER_NOT_DEACTIVATED"] * 7 + ["done"]
    assert Event.objects.filter(type="member.reactivated").count() == 1


def test_a_deactivation_waits_for_a_removal_and_finds_nobody(member: Membership) -> None:
    outcomes = result_after(partial(remove, member), partial(deactivate, member))

    assert states([outcomes]) == ["USER_NOT_FOUND"]


def test_a_removal_waits_for_a_deactivation_and_removes_a_deactivated_member(
    member: Membership,
) -> None:
    outcomes = result_after(partial(deactivate, member), partial(remove, member))

    assert codes([outcomes]) == ["removed"]
    member.refresh_from_db()
    assert (member.is_current, member.deactivated_at is None) == (False, False)


def test_a_deactivation_that_waited_for_a_reactivation_comes_after_it_in_the_log(
    member: Membership,
) -> None:
    deactivate(member)

    with ExitStack() as both:
        with transaction.atomic():
            lock_members(member.organization_id, [member.user_id])
            deactivating = both.enter_context(in_background(partial(deactivate, member)))
            until_somebody_waits_for_a_lock()
            reactivate(member)
        assert states([deactivating.result()]) == ["done"]

    log = Event.objects.order_by("created_at").values_list("type", flat=True)
    assert list(log) == ["member.deactivated", "member.reactivated", "member.deactivated"]


def test_a_deactivation_waits_for_a_resource_that_is_being_made_and_passes_it_on(
    member: Membership,
) -> None:
    department = DepartmentFactory.create(organization=member.organization)

    [outcome] = result_after(
        lambda: ResourceFactory.create(organization=member.organization, owner=member.user),
        partial(deactivate, member, transfer_to=department.pk),
    )

    assert outcome.resource_count == 1
    assert Resource.objects.get().department == department


@leaving
@pytest.mark.parametrize("step", [1, -1])
def test_who_is_leaving_is_no_heir_of_whoever_waits(
    two: tuple[Membership, Membership], leave: Leaving, step: int
) -> None:
    first, second = two[::step]

    outcomes = result_after(
        partial(leave, first, transfer_to=second.user_id),
        partial(leave, second, transfer_to=first.user_id),
    )

    assert count_outcomes(outcomes) == {"TRANSFER_USER_NOT_FOUND": 1}
    assert Resource.objects.owned_by(second.user_id).count() == 4


@pytest.mark.parametrize("ways", [(remove, remove), (deactivate, deactivate), (remove, deactivate)])
@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_leave_to_each_other_at_once_one_is_refused(
    two: tuple[Membership, Membership], ways: tuple[Leaving, Leaving], attempt: int
) -> None:
    first, second = two

    outcomes = all_at_once(
        partial(ways[0], first, transfer_to=second.user_id),
        partial(ways[1], second, transfer_to=first.user_id),
    )

    assert count_outcomes(*outcomes) == {"TRANSFER_USER_NOT_FOUND": 1, "done": 1}
    [who_stays] = Membership.objects.active().filter(pk__in=[first.pk, second.pk])
    assert Resource.objects.owned_by(who_stays.user_id).count() == 4
    for removal in Removal.objects.all():
        assert (removal.membership == who_stays, removal.resource_count) == (False, 2)


@leaving
def test_an_heir_who_is_deactivated_meanwhile_is_none(
    two: tuple[Membership, Membership], leave: Leaving
) -> None:
    member, heir = two

    outcomes = result_after(
        partial(deactivate, heir), partial(leave, member, transfer_to=heir.user_id)
    )

    assert count_outcomes(outcomes) == {"TRANSFER_USER_NOT_FOUND": 1}
    assert Resource.objects.owned_by(member.user_id).count() == 2


@leaving
def test_an_heir_is_deactivated_after_what_passes_to_them_has_passed(
    two: tuple[Membership, Membership], leave: Leaving
) -> None:
    member, heir = two
    department = DepartmentFactory.create(organization=member.organization)

    [outcome] = result_after(
        partial(leave, member, transfer_to=heir.user_id),
        partial(deactivate, heir, transfer_to=department.pk),
    )

    assert outcome.resource_count == 4


@leaving
@pytest.mark.parametrize("attempt", range(3))
def test_many_in_opposite_orders_with_heirs_do_not_deadlock(
    owner: Membership, leave: Leaving, attempt: int
) -> None:
    members = MembershipFactory.create_batch(20, organization=owner.organization)
    heirs = MembershipFactory.create_batch(2, organization=owner.organization)
    for member in members:
        ResourceFactory.create_batch(2, organization=owner.organization, owner=member.user)

    outcomes = all_at_once(
        partial(leave, *members, transfer_to=heirs[1].user_id),
        partial(leave, *reversed(members), transfer_to=heirs[0].user_id),
    )

    assert count_outcomes(*outcomes)["done"] == 20
    assert Resource.objects.owned_by(*(heir.user_id for heir in heirs)).count() == 40
    assert Event.objects.count() == 20


@leaving
@pytest.mark.parametrize("attempt", range(3))
def test_of_many_who_leave_to_heirs_among_each_other_one_side_is_refused(
    owner: Membership, leave: Leaving, attempt: int
) -> None:
    members = MembershipFactory.create_batch(20, organization=owner.organization)
    ours, theirs = members[:10], members[10:]
    for member in members:
        ResourceFactory.create(organization=owner.organization, owner=member.user)

    outcomes = all_at_once(
        partial(leave, *reversed(ours), transfer_to=theirs[0].user_id),
        partial(leave, *theirs, transfer_to=ours[0].user_id),
    )

    assert count_outcomes(*outcomes) == {"TRANSFER_USER_NOT_FOUND": 10, "done": 10}
    still_here = Membership.objects.active().filter(pk__in=[member.pk for member in members])
    assert Resource.objects.owned_by(*(m.user_id for m in still_here)).count() == 20
