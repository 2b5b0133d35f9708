"""Whatever happens at the same moment as a deactivation, an organization keeps an active owner."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from organizations.models import Membership, RoleAssignment
from tests.concurrency import all_at_once, in_background, until_somebody_waits_for_a_lock
from tests.conftest import ClientOf
from tests.deactivations import deactivate, reactivate, states
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of
from tests.organizations.owners import active_owners
from tests.removals import remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

Attempt = Callable[[Membership], bool]


@pytest.fixture
def second(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization, roles=["Owner"])


def is_deactivated(member: Membership) -> bool:
    return states([deactivate(member)]) == ["done"]


def is_removed(member: Membership) -> bool:
    [outcome] = remove(member)
    return outcome.refusal is None


def is_demoted(member: Membership) -> bool:
    try:
        return bool(member.role_assignments.all().delete())
    except IntegrityError:
        return False


def is_disabled(member: Membership) -> bool:
    try:
        return bool(User.objects.filter(pk=member.user_id).update(is_active=False))
    except IntegrityError:
        return False


@pytest.fixture(params=["removed", "leaving", "demoted", "disabled"])
def loss(request: pytest.FixtureRequest, client_of: ClientOf, second: Membership) -> Attempt:
    """A way to lose the second owner other than a deactivation."""
    client = client_of(second.user)

    def has_left(member: Membership) -> bool:
        return client.delete(address_of(member), {"confirm": True}).status_code == 204

    ways = {
        "removed": is_removed,
        "leaving": has_left,
        "demoted": is_demoted,
        "disabled": is_disabled,
    }
    return ways[request.param]


def test_an_owner_whose_deactivation_is_running_is_no_owner_who_remains(
    owner: Membership, second: Membership, loss: Attempt
) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            assert is_deactivated(owner)
            losing = both.enter_context(in_background(partial(loss, second)))
            until_somebody_waits_for_a_lock()
        assert not losing.result()
    assert list(active_owners()) == [second]


def test_a_deactivation_waits_for_the_loss_of_the_other_owner_and_is_refused(
    owner: Membership, second: Membership, loss: Attempt
) -> None:
    with ExitStack() as both:
        with transaction.atomic():
            assert loss(second)
            deactivating = both.enter_context(in_background(partial(deactivate, owner)))
            until_somebody_waits_for_a_lock()
        assert states([deactivating.result()]) == ["LAST_OWNER_CANNOT_BE_DEACTIVATED"]
    assert list(active_owners()) == [owner]


@pytest.mark.parametrize("attempt", range(3))
def test_of_a_deactivation_and_the_loss_of_the_other_at_once_one_is_refused(
    owner: Membership, second: Membership, loss: Attempt, attempt: int
) -> None:
    done = all_at_once(partial(is_deactivated, owner), partial(loss, second))

    assert sorted(done) == [False, True]
    assert active_owners().count() == 1


@pytest.mark.parametrize("attempt", range(3))
def test_of_the_last_two_owners_deactivated_at_once_one_stays(
    owner: Membership, second: Membership, attempt: int
) -> None:
    outcomes = all_at_once(partial(deactivate, owner), partial(deactivate, second))

    assert states(outcomes) == ["LAST_OWNER_CANNOT_BE_DEACTIVATED", "done"]
    assert active_owners().count() == 1


def hand_over(owner: Membership, heir: Membership) -> None:
    with transaction.atomic():
        RoleAssignment.objects.create(
            organization=owner.organization,
            membership=heir,
            role=owner.organization.roles.get(name="Owner"),
        )
        owner.role_assignments.all().delete()


def test_who_is_being_deactivated_cannot_become_the_last_owner(owner: Membership) -> None:
    heir = MembershipFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            assert is_deactivated(heir)
            handing = both.enter_context(in_background(partial(hand_over, owner, heir)))
            until_somebody_waits_for_a_lock()
        with pytest.raises(IntegrityError, match="without an active owner"):
            handing.result()
    assert list(active_owners()) == [owner]


def test_who_is_becoming_the_last_owner_cannot_be_deactivated(owner: Membership) -> None:
    heir = MembershipFactory.create(organization=owner.organization)

    with ExitStack() as both:
        with transaction.atomic():
            hand_over(owner, heir)
            deactivating = both.enter_context(in_background(partial(deactivate, heir)))
            until_somebody_waits_for_a_lock()
        assert states([deactivating.result()]) == ["LAST_OWNER_CANNOT_BE_DEACTIVATED"]
    assert list(active_owners()) == [heir]


def test_an_owner_counts_once_the_reactivation_is_committed(
    owner: Membership, second: Membership
) -> None:
    deactivate(second)

    with transaction.atomic():
        reactivate(second)
        with in_background(partial(deactivate, owner)) as deactivating:
            assert states([deactivating.result()]) == ["LAST_OWNER_CANNOT_BE_DEACTIVATED"]
    assert states([deactivate(owner)]) == ["done"]
