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
from tests.concurrency import all_at_once, in_background, until_somebody_waits_for_a_lock
from tests.deactivations import deactivate, reactivate, states
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import codes, remove

pytestmark = pytest.mark.django_db(transaction=True)


class Outcome(Protocol):
    """What a removal and a deactivation both answer for each user."""

    @property
    def refusal(self) -> ContractError | None: ...


Leaving = Callable[..., Sequence[Outcome]]

leaving = pytest.mark.parametrize("leave", [remove, deactivate])


def count_outcomes(outcomes: Sequence[Sequence[Outcome]]) -> Counter[str]:
    return Counter(
        outcome.refusal.code if outcome.refusal else "done"
        for several in outcomes
        for outcome in several
    )


def two_with_resources(owner: Membership) -> tuple[Membership, Membership]:
    first, second = MembershipFactory.create_batch(2, organization=owner.organization)
    for member in (first, second):
        ResourceFactory.create_batch(2, organization=owner.organization, owner=member.user)
    return first, second


def test_of_many_deactivations_of_one_member_at_once_exactly_one_is_done(
    owner: Membership,
) -> None:
    member = MembershipFactory.create(organization=owner.organization)

    outcomes = all_at_once(*[partial(deactivate, member)] * 8)

    assert states(outcomes) == ["USER_ALREADY_DEACTIVATED"] * 7 + ["done"]
    assert Event.objects.count() == 1


def test_of_many_reactivations_of_one_member_at_once_exactly_one_is_done(
    owner: Membership,
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    deactivate(member)

    outcomes = all_at_once(*[partial(reactivate, member)] * 8)

    assert states(outcomes) == ["USER_NOT_DEACTIVATED"] * 7 + ["done"]
    assert Event.objects.filter(type="member.reactivated").count() == 1


def test_a_deactivation_waits_for_a_removal_and_finds_nobody(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            remove(member)
            deactivating = both.enter_context(in_background(partial(deactivate, member)))
            until_somebody_waits_for_a_lock()
        assert states([deactivating.result()]) == ["USER_NOT_FOUND"]


def test_a_removal_waits_for_a_deactivation_and_removes_a_deactivated_member(
    owner: Membership,
) -> None:
    member = MembershipFactory.create(organization=owner.organization, roles=["Member"])

    with ExitStack() as both:
        with transaction.atomic():
            deactivate(member)
            removing = both.enter_context(in_background(partial(remove, member)))
            until_somebody_waits_for_a_lock()
        assert codes([removing.result()]) == ["removed"]

    member.refresh_from_db()
    assert (member.is_current, member.deactivated_at is None) == (False, False)


def test_a_deactivation_that_waited_for_a_reactivation_comes_after_it_in_the_log(
    owner: Membership,
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    deactivate(member)

    with ExitStack() as both:
        with transaction.atomic():
            lock_members(owner.organization_id, [member.user_id])
            deactivating = both.enter_context(in_background(partial(deactivate, member)))
            until_somebody_waits_for_a_lock()
            reactivate(member)
        assert states([deactivating.result()]) == ["done"]

    log = Event.objects.order_by("created_at").values_list("type", flat=True)
    assert list(log) == ["member.deactivated", "member.reactivated", "member.deactivated"]


def test_a_deactivation_waits_for_a_resource_that_is_being_made_and_passes_it_on(
    owner: Membership,
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    department = DepartmentFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            ResourceFactory.create(organization=owner.organization, owner=member.user)
            deactivating = both.enter_context(
                in_background(partial(deactivate, member, transfer_to=department.pk))
            )
            until_somebody_waits_for_a_lock()
        [outcome] = deactivating.result()

    assert outcome.resource_count == 1
    assert Resource.objects.get().department == department


@leaving
@pytest.mark.parametrize("step", [1, -1])
def test_who_is_leaving_is_no_heir_of_whoever_waits(
    owner: Membership, leave: Leaving, step: int
) -> None:
    first, second = two_with_resources(owner)[::step]

    with ExitStack() as both:
        with transaction.atomic():
            leave(first, transfer_to=second.user_id)
            waiting = both.enter_context(
                in_background(partial(leave, second, transfer_to=first.user_id))
            )
            until_somebody_waits_for_a_lock()
        assert count_outcomes([waiting.result()]) == {"TRANSFER_USER_NOT_FOUND": 1}
    assert Resource.objects.owned_by(second.user_id).count() == 4


@leaving
@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_leave_to_each_other_at_once_one_is_refused(
    owner: Membership, leave: Leaving, attempt: int
) -> None:
    first, second = two_with_resources(owner)

    outcomes = all_at_once(
        partial(leave, first, transfer_to=second.user_id),
        partial(leave, second, transfer_to=first.user_id),
    )

    assert count_outcomes(outcomes) == {"TRANSFER_USER_NOT_FOUND": 1, "done": 1}
    [who_stays] = Membership.objects.active().filter(pk__in=[first.pk, second.pk])
    assert Resource.objects.owned_by(who_stays.user_id).count() == 4


@pytest.mark.parametrize("attempt", range(3))
def test_of_a_removal_and_a_deactivation_to_each_other_at_once_one_is_refused(
    owner: Membership, attempt: int
) -> None:
    first, second = two_with_resources(owner)
    removal: Leaving = partial(remove, first, transfer_to=second.user_id)
    deactivation: Leaving = partial(deactivate, second, transfer_to=first.user_id)

    outcomes = all_at_once(removal, deactivation)

    assert count_outcomes(outcomes) == {"TRANSFER_USER_NOT_FOUND": 1, "done": 1}


@leaving
def test_an_heir_who_is_deactivated_meanwhile_is_none(owner: Membership, leave: Leaving) -> None:
    member, heir = two_with_resources(owner)

    with ExitStack() as both:
        with transaction.atomic():
            deactivate(heir)
            waiting = both.enter_context(
                in_background(partial(leave, member, transfer_to=heir.user_id))
            )
            until_somebody_waits_for_a_lock()
        assert count_outcomes([waiting.result()]) == {"TRANSFER_USER_NOT_FOUND": 1}
    assert Resource.objects.owned_by(member.user_id).count() == 2


@leaving
def test_an_heir_is_deactivated_after_what_passes_to_them_has_passed(
    owner: Membership, leave: Leaving
) -> None:
    member, heir = two_with_resources(owner)
    department = DepartmentFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            leave(member, transfer_to=heir.user_id)
            deactivating = both.enter_context(
                in_background(partial(deactivate, heir, transfer_to=department.pk))
            )
            until_somebody_waits_for_a_lock()
        [outcome] = deactivating.result()

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

    assert count_outcomes(outcomes)["done"] == 20
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

    assert count_outcomes(outcomes) == {"TRANSFER_USER_NOT_FOUND": 10, "done": 10}
    still_here = Membership.objects.active().filter(pk__in=[member.pk for member in members])
    assert Resource.objects.owned_by(*(m.user_id for m in still_here)).count() == 20


def test_no_removal_is_recorded_of_whoever_stays(owner: Membership) -> None:
    first, second = two_with_resources(owner)

    all_at_once(
        partial(remove, first, transfer_to=second.user_id),
        partial(remove, second, transfer_to=first.user_id),
    )

    assert Removal.objects.get().resource_count == 2
