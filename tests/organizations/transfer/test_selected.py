"""Passing on resources that staff select: to whom, with which events, in any race."""

from functools import partial

import pytest

from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    TransferUserNotFoundError,
)
from organizations.guards.caller import Person
from organizations.models import Event, Membership, Resource
from organizations.transfer.service import transfer_selected
from tests.callers import CallerWith
from tests.concurrency import all_at_once, result_after
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.removals import remove


def transfer(*resources: Resource, to: str) -> list[str]:
    """Pass on resources of one organization; return the ids of those that moved."""
    return transfer_selected(
        resources[0].organization_id,
        [resource.pk for resource in resources],
        transfer_to=to,
        caller=CallerWith(reason="Handover"),
    )


@pytest.fixture
def heir(owner: Membership) -> Membership:
    return MembershipFactory.create(organization=owner.organization)


def resource_of(member: Membership) -> Resource:
    return ResourceFactory.create(organization=member.organization, owner=member.user)


def test_each_owner_has_an_event_and_the_departments_have_one_together(
    owner: Membership, heir: Membership
) -> None:
    departments = DepartmentFactory.create_batch(2, organization=owner.organization)
    of_departments = [
        ResourceFactory.create(organization=owner.organization, department=department, owner=None)
        for department in departments
    ]

    moved = transfer(resource_of(owner), resource_of(owner), *of_departments, to=heir.user_id)

    assert set(moved) == set(Resource.objects.values_list("pk", flat=True))
    assert set(Resource.objects.values_list("owner", flat=True)) == {heir.user_id}
    data = {
        "resource_count": 2,
        "heir_id": heir.user_id,
        "resources": [{"type": "resource", "count": 2, "heir_id": heir.user_id}],
    }
    assert {(event.user_id, event.reason): event.data for event in Event.objects.all()} == {
        (owner.user_id, "Handover"): data,
        (None, "Handover"): data,
    }


def test_what_is_the_targets_already_stays_as_it_is(owner: Membership) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    leaver = MembershipFactory.create(organization=owner.organization)
    resource = resource_of(leaver)
    remove(leaver, transfer_to=department.pk)

    assert transfer(resource, to=department.pk) == []

    resource.refresh_from_db()
    assert resource.removal == leaver.removal
    assert not Event.objects.filter(type=Event.Type.RESOURCES_TRANSFERRED).exists()


def test_resources_of_another_organization_stay(owner: Membership, heir: Membership) -> None:
    stranger = MembershipFactory.create()

    assert (
        transfer_selected(
            owner.organization_id,
            [resource_of(stranger).pk],
            transfer_to=heir.user_id,
            caller=CallerWith(),
        )
        == []
    )


@pytest.mark.parametrize("is_current", [True, False])
def test_nothing_passes_to_who_is_no_active_member_there(
    owner: Membership, heir: Membership, is_current: bool
) -> None:
    remove(heir)
    stranger = MembershipFactory.create() if is_current else heir

    with pytest.raises(TransferUserNotFoundError):
        transfer(resource_of(owner), to=stranger.user_id)
    with pytest.raises(DepartmentNotFoundError):
        transfer(resource_of(owner), to=DepartmentFactory.create().pk)

    assert set(Resource.objects.values_list("owner", flat=True)) == {owner.user_id}


def test_a_member_needs_the_capability_to_pass_on_resources(
    owner: Membership, heir: Membership
) -> None:
    resource = resource_of(owner)

    with pytest.raises(InsufficientPermissionsError):
        transfer_selected(
            owner.organization_id,
            [resource.pk],
            transfer_to=heir.user_id,
            caller=Person(actor=heir.user),
        )

    resource.refresh_from_db()
    assert resource.owner == owner.user


@pytest.mark.django_db(transaction=True)
def test_what_a_removal_passes_on_meanwhile_is_passed_on_from_there(
    owner: Membership, heir: Membership
) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    leaver = MembershipFactory.create(organization=owner.organization)
    resource = resource_of(leaver)

    moved = result_after(
        partial(remove, leaver, transfer_to=department.pk),
        partial(transfer, resource, to=heir.user_id),
    )

    assert moved == [resource.pk]
    resource.refresh_from_db()
    assert (resource.owner, resource.removal) == (heir.user, None)
    event = Event.objects.get(type=Event.Type.RESOURCES_TRANSFERRED)
    assert event.user is None


@pytest.mark.django_db(transaction=True)
def test_two_who_pass_on_to_each_other_at_once_both_succeed(
    owner: Membership, heir: Membership
) -> None:
    of_owner = [resource_of(owner) for _ in range(20)]
    of_heir = [resource_of(heir) for _ in range(20)]

    moved = all_at_once(
        partial(transfer, *of_owner, to=heir.user_id),
        partial(transfer, *of_heir, to=owner.user_id),
    )

    assert [len(ids) for ids in moved] == [20, 20]
    assert Resource.objects.filter(owner=owner.user).count() == 20
