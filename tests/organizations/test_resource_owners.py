"""Invariant 8: a resource is given to an active member alone, whatever happens meanwhile."""

from collections.abc import Callable
from functools import partial

import pytest
from django.utils import timezone

from organizations.models import Membership, Organization, Resource
from tests.concurrency import result_after
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    UserFactory,
)
from tests.refusals import refused
from tests.removals import remove
from tests.resources import make
from users.models import User


def a_stranger(organization: Organization) -> User:
    return MembershipFactory.create().user


def a_former_member(organization: Organization) -> User:
    member = MembershipFactory.create(organization=organization)
    remove(member)
    return member.user


def a_deactivated_member(organization: Organization) -> User:
    member = MembershipFactory.create(organization=organization)
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())
    return member.user


nobody_active = pytest.mark.parametrize(
    "nobody", [a_stranger, a_former_member, a_deactivated_member]
)
REFUSAL = "a resource is given to an active member"


@nobody_active
def test_8_no_resource_is_made_for(
    organization: Organization, nobody: Callable[[Organization], User]
) -> None:
    user = nobody(organization)

    with refused(REFUSAL):
        make(organization, user)


@nobody_active
def test_8_no_resource_is_passed_to(
    organization: Organization, owner: Membership, nobody: Callable[[Organization], User]
) -> None:
    user = nobody(organization)
    [resource] = make(organization, owner.user)

    with refused(REFUSAL):
        Resource.objects.filter(pk=resource.pk).update(owner=user)


def test_8_one_stranger_among_many_owners_is_refused(
    organization: Organization, owner: Membership
) -> None:
    members = MembershipFactory.create_batch(3, organization=organization)

    with refused(REFUSAL):
        make(organization, *(member.user for member in members), UserFactory.create())


def test_8_what_an_owner_keeps_on_leaving_can_still_be_changed(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    [resource] = make(organization, member.user)
    remove(member)

    Resource.objects.filter(pk=resource.pk).update(removal=None)
    Resource.objects.filter(pk=resource.pk).update(
        owner=None, department=DepartmentFactory.create(organization=organization)
    )

    assert not Resource.objects.whose_owner_has_left().exists()


def removal(member: Membership) -> None:
    remove(member)


def deactivation(member: Membership) -> None:
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())


ends = pytest.mark.parametrize("end", [removal, deactivation])


@pytest.mark.django_db(transaction=True)
@ends
def test_8_a_resource_made_while_its_owner_leaves_waits_and_then_fails(
    owner: Membership, end: Callable[[Membership], None]
) -> None:
    member = MembershipFactory.create(organization=owner.organization)

    with refused(REFUSAL):
        result_after(partial(end, member), partial(make, owner.organization, member.user))


@pytest.mark.django_db(transaction=True)
def test_8_a_removal_waits_for_a_resource_that_is_being_made_and_counts_it(
    owner: Membership,
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    department = DepartmentFactory.create(organization=owner.organization)

    [outcome] = result_after(
        partial(make, owner.organization, member.user),
        partial(remove, member, transfer_to=department.pk),
    )

    assert outcome.resource_count == 1
    assert Resource.objects.get().department == department
