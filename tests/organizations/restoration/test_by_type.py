"""A removal that passed types to several heirs is undone as any other."""

from functools import partial

import pytest

from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Organization, Resource
from tests.concurrency import result_after
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.restoration.verbs import counts, restore, restored
from tests.proof.invariants import broken_invariants
from tests.removals import remove

TYPES = ("approval", "document", "repository")


@pytest.fixture
def people(organization: Organization, owner: Membership) -> list[Membership]:
    """Three members, of whom the first owns something of each type."""
    members = MembershipFactory.create_batch(3, organization=organization)
    for type_name in TYPES:
        ResourceFactory.create(organization=organization, owner=members[0].user, type=type_name)
    return members


def test_what_passed_to_each_target_comes_back_and_what_stayed_is_not_counted(
    people: list[Membership],
) -> None:
    leaver, heir, _ = people
    department = DepartmentFactory.create(organization=leaver.organization)
    remove(leaver, transfer_to=Targets(by_type={"document": heir.user_id, "page": department.pk}))

    assert counts(leaver) == (1, 0)
    assert Resource.objects.owned_by(leaver.user_id).count() == 3


def test_a_chain_by_type_is_undone_in_reverse(people: list[Membership]) -> None:
    first, second, third = people
    department = DepartmentFactory.create(organization=first.organization)
    by_type = {"document": second.user_id, "repository": third.user_id}
    remove(first, transfer_to=Targets(department.pk, by_type))
    remove(second, transfer_to=Targets(by_type={"document": third.user_id}))

    assert counts(second) == (1, 0)
    assert counts(first) == (3, 0)
    assert Resource.objects.owned_by(first.user_id).count() == 3


def test_in_another_order_the_type_that_lies_above_stays_and_is_counted(
    people: list[Membership],
) -> None:
    first, second, third = people
    remove(first, transfer_to=Targets(second.user_id, {"repository": third.user_id}))
    remove(second, transfer_to=Targets(by_type={"document": third.user_id}))

    assert counts(first) == (2, 1)
    assert counts(second) == (1, 0)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("heir", [1, 2])
def test_a_restoration_waits_for_the_heirs_of_all_types(
    people: list[Membership], heir: int
) -> None:
    leaver, one, other = people
    by_type = {"document": one.user_id, "repository": other.user_id}
    remove(leaver, transfer_to=Targets(by_type=by_type))
    locking = partial(Membership.objects.select_for_update().get, pk=people[heir].pk)

    [outcome] = result_after(locking, partial(restore, leaver))

    assert restored(outcome).resource_count == 2


@pytest.mark.django_db(transaction=True)
def test_what_an_heir_passes_on_meanwhile_stays_where_it_went(people: list[Membership]) -> None:
    leaver, heir, other = people
    by_type = {"document": heir.user_id, "repository": other.user_id}
    remove(leaver, transfer_to=Targets(by_type=by_type))

    [outcome] = result_after(
        partial(deactivate, other, transfer_to=heir.user_id), partial(restore, leaver)
    )

    record = restored(outcome)
    assert (record.resource_count, record.resources_not_restored) == (1, 1)
    assert broken_invariants() == []
