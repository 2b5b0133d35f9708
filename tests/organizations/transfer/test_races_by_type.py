"""Resources of types are conserved, whoever of their targets leaves at the same moment."""

from collections import Counter
from functools import partial

import pytest

from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Resource
from tests.concurrency import all_at_once
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.proof.invariants import broken_invariants
from tests.removals import codes, remove

pytestmark = pytest.mark.django_db(transaction=True)

TYPES = ("document", "repository")


@pytest.fixture
def pair(owner: Membership) -> list[Membership]:
    """Two members who own three resources of each type."""
    members = MembershipFactory.create_batch(2, organization=owner.organization)
    for member in members:
        for type_name in TYPES:
            ResourceFactory.create_batch(
                3, organization=owner.organization, owner=member.user, type=type_name
            )
    return members


def held() -> Counter[str]:
    return Counter(Resource.objects.values_list("type", flat=True))


@pytest.mark.parametrize("attempt", range(3))
def test_of_two_who_are_each_others_heirs_of_a_type_one_leaves(
    owner: Membership, pair: list[Membership], attempt: int
) -> None:
    one, other = pair
    department = DepartmentFactory.create(organization=owner.organization)
    targets = [
        Targets(department.pk, {"repository": other.user_id}),
        Targets(owner.user_id, {"document": one.user_id}),
    ]

    outcomes = all_at_once(
        partial(remove, one, transfer_to=targets[0]),
        partial(remove, other, transfer_to=targets[1]),
    )

    assert codes(outcomes) == ["TRANSFER_USER_NOT_FOUND", "removed"]
    assert held() == {"document": 6, "repository": 6}
    assert broken_invariants() == []


def test_heirs_who_leave_meanwhile_get_nothing_or_pass_it_on(
    owner: Membership, pair: list[Membership]
) -> None:
    leaver, heir = pair
    department = DepartmentFactory.create(organization=owner.organization)

    all_at_once(
        partial(remove, leaver, transfer_to=Targets(by_type={"repository": heir.user_id})),
        partial(deactivate, heir, transfer_to=Targets(by_type={"repository": department.pk})),
        partial(remove, leaver, transfer_to=Targets(department.pk, {"document": owner.user_id})),
    )

    assert held() == {"document": 6, "repository": 6}
    assert not Resource.objects.filter(owner=heir.user, type="repository", removal=None).exists()
    assert broken_invariants() == []
