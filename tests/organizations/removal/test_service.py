"""What a removal does, and what it refuses."""

import pytest

from organizations.exceptions import (
    DepartmentNotFoundError,
    LastOwnerCannotBeRemovedError,
    UserNotFoundError,
)
from organizations.models import Membership, Organization, Removal, Resource, RoleAssignment
from organizations.removal.service import RemovalOutcome, remove_members
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory


def remove(
    organization: Organization, *members: Membership, transfer_to: str | None = None
) -> list[RemovalOutcome]:
    return remove_members(
        organization.pk,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        actor=None,
        source=Removal.Source.COMMAND,
    )


def test_a_removal_takes_roles_departments_and_membership_and_leaves_a_record(
    organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Admin", "Member"], departments=[department]
    )
    resource = ResourceFactory.create(organization=organization, owner=member.user)

    [outcome] = remove(organization, member, transfer_to=department.pk)

    member.refresh_from_db()
    resource.refresh_from_db()
    record = Removal.objects.get()
    assert (outcome.removal_id, outcome.refusal) == (record.pk, None)
    assert not member.is_active
    assert not RoleAssignment.objects.filter(membership=member).exists()
    assert not member.department_memberships.exists()
    assert (resource.owner, resource.department, resource.removal) == (None, department, record)
    assert [role["name"] for role in record.roles] == ["Admin", "Member"]
    assert [d["id"] for d in record.departments] == [department.pk]
    assert record.resource_count == 1


def test_the_last_owner_stays_while_the_others_go(
    organization: Organization, owner: Membership
) -> None:
    second = MembershipFactory.create(organization=organization, roles=["Owner"])

    first_outcome, second_outcome = remove(organization, owner, second)

    assert first_outcome.removal_id
    assert isinstance(second_outcome.refusal, LastOwnerCannotBeRemovedError)


def test_somebody_who_is_no_member_is_not_found(
    organization: Organization, owner: Membership
) -> None:
    stranger = MembershipFactory.create()

    [outcome] = remove(organization, stranger)

    assert isinstance(outcome.refusal, UserNotFoundError)


def test_an_unknown_department_removes_nobody(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    foreign = DepartmentFactory.create()

    with pytest.raises(DepartmentNotFoundError):
        remove(organization, member, transfer_to=foreign.pk)

    member.refresh_from_db()
    assert member.is_active
    assert not Removal.objects.exists()


def test_without_a_department_resources_stay_with_their_owner(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    resource = ResourceFactory.create(organization=organization, owner=member.user)

    remove(organization, member)

    assert list(Resource.objects.whose_owner_has_left()) == [resource]
