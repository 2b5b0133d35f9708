"""Whatever happens at the same moment, an organization keeps an active owner."""

from contextlib import ExitStack
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from organizations.models import Membership, RoleAssignment
from tests.concurrency import all_at_once, in_background, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory
from tests.organizations.owners import active_owners
from tests.removals import codes, remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("attempt", range(3))
def test_of_the_last_two_owners_removed_at_once_one_stays(owner: Membership, attempt: int) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    outcomes = all_at_once(partial(remove, owner), partial(remove, second))

    assert codes(outcomes) == ["LAST_OWNER_CANNOT_BE_REMOVED", "removed"]
    assert active_owners().count() == 1


def disable(member: Membership) -> None:
    User.objects.filter(pk=member.user_id).update(is_active=False)


def hand_over(owner: Membership, heir: Membership) -> None:
    with transaction.atomic():
        RoleAssignment.objects.create(
            organization=owner.organization,
            membership=heir,
            role=owner.organization.roles.get(name="Owner"),
        )
        owner.role_assignments.all().delete()


def test_who_is_being_disabled_cannot_become_the_last_owner(owner: Membership) -> None:
    heir = MembershipFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            disable(heir)
            handing = both.enter_context(in_background(partial(hand_over, owner, heir)))
            until_somebody_waits_for_a_lock()
        with pytest.raises(IntegrityError, match="without an active owner"):
            handing.result()
    assert list(active_owners()) == [owner]


def test_who_is_becoming_the_last_owner_cannot_be_disabled(owner: Membership) -> None:
    heir = MembershipFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            hand_over(owner, heir)
            disabling = both.enter_context(in_background(partial(disable, heir)))
            until_somebody_waits_for_a_lock()
        with pytest.raises(IntegrityError, match="without an active owner"):
            disabling.result()
    assert list(active_owners()) == [heir]


def test_somebody_who_becomes_the_last_owner_meanwhile_stays(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    with ExitStack() as both:
        with transaction.atomic():
            second.role_assignments.all().delete()
            removing = both.enter_context(in_background(partial(remove, owner)))
            until_somebody_waits_for_a_lock()
        assert codes([removing.result()]) == ["LAST_OWNER_CANNOT_BE_REMOVED"]


def test_the_last_two_owners_are_not_disabled_at_once(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    def is_disabled(member: Membership) -> bool:
        try:
            disable(member)
        except IntegrityError:
            return False
        return True

    outcomes = all_at_once(partial(is_disabled, owner), partial(is_disabled, second))

    assert sorted(outcomes) == [False, True]


def test_an_owner_who_is_disabled_meanwhile_does_not_count(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    with ExitStack() as both:
        with transaction.atomic():
            disable(second)
            removing = both.enter_context(in_background(partial(remove, owner, second)))
            until_somebody_waits_for_a_lock()
        kept, removed = removing.result()

    assert (codes([[kept]]), codes([[removed]])) == (["LAST_OWNER_CANNOT_BE_REMOVED"], ["removed"])


def test_the_last_two_owner_roles_are_not_taken_at_once(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    def take_role_from(member: Membership) -> bool:
        try:
            return bool(member.role_assignments.all().delete())
        except IntegrityError:
            return False

    assert sorted(all_at_once(partial(take_role_from, owner), partial(take_role_from, second))) == [
        False,
        True,
    ]
