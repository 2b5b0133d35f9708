"""What happens at the same moment as a change of roles, on real connections."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.errors import ContractError
from organizations.models import Event, Membership, Organization, Role
from tests.concurrency import (
    all_at_once,
    in_background,
    outcome,
    until_somebody_waits_for_a_lock,
    waiting_for,
)
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, UserFactory
from tests.organizations.assignment.verbs import add, change
from tests.proof.invariants import broken_invariants
from tests.removals import codes, remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def promoting(member: Membership) -> str:
    admin = member.organization.roles.get(name="Admin")
    return outcome(partial(change, member, roles=[admin]))


def removing(member: Membership) -> str:
    return codes([remove(member)])[0]


def deactivating(member: Membership) -> str:
    [done] = deactivate(member)
    return done.refusal.code if done.refusal else "done"


def disabling(member: Membership) -> str:
    try:
        User.objects.filter(pk=member.user_id).update(is_active=False)
    except IntegrityError:
        return "LAST_OWNER"
    return "done"


def test_a_role_is_given_to_nobody_who_is_removed_meanwhile(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)

    assert waiting_for(partial(removing, member), partial(promoting, member)) == (
        "removed",
        "USER_NOT_FOUND",
    )
    assert not Event.objects.filter(type=Event.Type.MEMBER_UPDATED).exists()


def test_a_removal_takes_the_role_that_is_given_meanwhile(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)

    assert waiting_for(partial(promoting, member), partial(removing, member)) == ("done", "removed")
    assert [role["name"] for role in Membership.objects.get(pk=member.pk).removal.roles] == [
        "Admin"
    ]


def test_a_role_that_is_deleted_meanwhile_is_not_found(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    admin = owner.organization.roles.get(name="Admin")

    def deleting() -> str:
        Role.objects.filter(pk=admin.pk).delete()
        return "deleted"

    giving = partial(outcome, partial(change, member, roles=[admin]))

    assert waiting_for(deleting, giving) == ("deleted", "ROLE_NOT_FOUND")


@pytest.mark.parametrize("other", [removing, deactivating, disabling])
def test_giving_ownership_and_taking_it_leaves_an_owner_who_can_act(
    organization: Organization, owner: Membership, other: Callable[[Membership], str]
) -> None:
    """C is made an owner and B is none any more, while C leaves: one of the two is refused."""
    heir = MembershipFactory.create(organization=organization)
    owner_role = organization.roles.get(is_owner=True)

    def succeeding() -> str:
        try:
            with transaction.atomic():
                change(heir, roles=[owner_role])
                change(owner, roles=[])
        except ContractError as refusal:
            return refusal.code
        return "done"

    all_at_once(succeeding, partial(other, heir))

    assert Membership.objects.active().filter(
        role_assignments__role=owner_role, user__is_active=True
    )
    assert broken_invariants() == []


def test_of_two_additions_at_once_one_is_done(organization: Organization) -> None:
    user = UserFactory.create()

    done = all_at_once(*[partial(outcome, partial(add, organization, user))] * 4)

    assert sorted(done) == ["MEMBERSHIP_ALREADY_EXISTS"] * 3 + ["done"]
    assert Event.objects.count() == 1


def test_an_addition_that_waited_for_a_removal_is_dated_after_it(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    with ExitStack() as both:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=member.user_id)
            adding = partial(add, member.organization, member.user)
            addition = both.enter_context(in_background(adding))
            until_somebody_waits_for_a_lock()
            remove(member)
        since = addition.result().created_at

    events = Event.objects.filter(user=member.user).order_by("created_at")
    assert [event.type for event in events] == ["member.removed", "member.added"]
    assert events.latest("created_at").created_at == since


def test_changes_of_one_member_at_once_each_leave_complete_lists(owner: Membership) -> None:
    organization = owner.organization
    member = MembershipFactory.create(organization=organization)
    departments = DepartmentFactory.create_batch(4, organization=organization)
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())

    all_at_once(*[partial(change, member, departments=[department]) for department in departments])

    assert member.department_memberships.count() == 1
    added = [event.data["departments_added"] for event in Event.objects.all()]
    assert sorted(added) == sorted([department.pk] for department in departments)
