"""Whatever happens at the same moment, an organization keeps an active owner."""

from collections.abc import Callable
from functools import partial
from itertools import combinations_with_replacement, product

import pytest
from django.db import IntegrityError, transaction

from organizations.models import Membership, RoleAssignment
from tests.concurrency import all_at_once, in_background, outcome, result_after, waiting_for
from tests.deactivations import deactivate, reactivate, states
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of
from tests.organizations.assignment.verbs import change
from tests.organizations.owners import active_owners
from tests.production import token_of
from tests.programs import client_with
from tests.removals import codes, remove
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED = "the organization would be left without an active owner"


@pytest.fixture
def second(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization, roles=["Owner"])


@pytest.fixture
def heir(owner: Membership) -> Membership:
    """A member who is to be the owner."""
    return MembershipFactory.create(organization=owner.organization)


def by_hand(change: Callable[[], object]) -> str:
    """Make a change past the services; return "done", or the rule by which it is refused."""
    try:
        change()
    except IntegrityError as error:
        rule = error.__cause__.diag  # type: ignore[union-attr]
        return str(rule.constraint_name or rule.message_primary)
    return "done"


# Ways to lose an owner. Each returns the call for a member, which returns what became of it.

Call = Callable[[], str]


def removal(member: Membership) -> Call:
    return lambda: codes([remove(member)])[0].replace("removed", "done")


def departure(member: Membership) -> Call:
    """The member leaves by a request of their own."""
    client = client_with(token_of(member.user))

    def leave() -> str:
        response = client.delete(address_of(member), {"confirm": True})
        return "done" if response.status_code == 204 else response.json()["error"]["code"]

    return leave


def deactivation(member: Membership) -> Call:
    return lambda: states([deactivate(member)])[0]


def assignment(member: Membership) -> Call:
    return partial(outcome, partial(change, member, roles=[]))


def demotion(member: Membership) -> Call:
    return partial(by_hand, member.role_assignments.all().delete)


def disabling(member: Membership) -> Call:
    account = User.objects.filter(pk=member.user_id)
    return partial(by_hand, partial(account.update, is_active=False))


Loss = Callable[[Membership], Call]

# With what the last owner is answered.
LOSSES: dict[Loss, str] = {
    removal: "LAST_OWNER_CANNOT_BE_REMOVED",
    departure: "LAST_OWNER_CANNOT_BE_REMOVED",
    deactivation: "LAST_OWNER_CANNOT_BE_DEACTIVATED",
    assignment: "LAST_OWNER_CANNOT_BE_REMOVED",
    demotion: REFUSED,
    disabling: REFUSED,
}
# Of a member who is no owner yet.
losses_of_heirs = pytest.mark.parametrize("loss", [removal, departure, deactivation, disabling])


def name_of(loss: Loss) -> str:
    return loss.__name__


@pytest.mark.parametrize(("first", "then"), [*product(LOSSES, LOSSES)], ids=name_of)
def test_whoever_is_the_last_owner_by_then_waits_and_stays(
    owner: Membership, second: Membership, first: Loss, then: Loss
) -> None:
    assert waiting_for(first(second), then(owner)) == ("done", LOSSES[then])
    assert list(active_owners()) == [owner]


@pytest.mark.parametrize(("one", "other"), [*combinations_with_replacement(LOSSES, 2)], ids=name_of)
def test_of_the_last_two_owners_lost_at_once_one_stays(
    owner: Membership, second: Membership, one: Loss, other: Loss
) -> None:
    outcomes = all_at_once(one(owner), other(second))

    assert outcomes in (["done", LOSSES[other]], [LOSSES[one], "done"])
    assert active_owners().count() == 1


def test_of_two_removed_together_an_owner_who_is_disabled_meanwhile_does_not_count(
    owner: Membership, second: Membership
) -> None:
    kept, removed = result_after(disabling(second), partial(remove, owner, second))

    assert (codes([[kept]]), codes([[removed]])) == (["LAST_OWNER_CANNOT_BE_REMOVED"], ["removed"])


def hand_over(owner: Membership, heir: Membership) -> str:
    @transaction.atomic
    def give_and_take() -> None:
        RoleAssignment.objects.create(
            organization=owner.organization,
            membership=heir,
            role=owner.organization.roles.get(name="Owner"),
        )
        owner.role_assignments.all().delete()

    return by_hand(give_and_take)


@losses_of_heirs
def test_whoever_is_being_lost_cannot_become_the_last_owner(
    owner: Membership, heir: Membership, loss: Loss
) -> None:
    has_left = loss in (removal, departure)
    refusal = "role_of_current_member" if has_left else REFUSED

    assert waiting_for(loss(heir), partial(hand_over, owner, heir)) == ("done", refusal)
    assert list(active_owners()) == [owner]


@losses_of_heirs
def test_whoever_is_becoming_the_last_owner_stays(
    owner: Membership, heir: Membership, loss: Loss
) -> None:
    assert waiting_for(partial(hand_over, owner, heir), loss(heir)) == ("done", LOSSES[loss])
    assert list(active_owners()) == [heir]


def test_an_owner_counts_once_the_reactivation_is_committed(
    owner: Membership, second: Membership
) -> None:
    deactivate(second)

    with transaction.atomic():
        reactivate(second)
        with in_background(deactivation(owner)) as deactivating:
            assert deactivating.result() == LOSSES[deactivation]
    assert deactivation(owner)() == "done"
