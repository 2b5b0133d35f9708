"""The invariants, attacked past the service: the database holds every one of them."""

import pytest
from django.db import ProgrammingError, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from organizations.models import (
    DepartmentMembership,
    Membership,
    Organization,
    Removal,
    Resource,
    RoleAssignment,
    Source,
)
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    RoleFactory,
)
from tests.refusals import check_deferred, refused, sql
from tests.removals import remove


@pytest.fixture
def removal(organization: Organization, owner: Membership) -> Removal:
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    remove(member)
    return Removal.objects.get()


def test_1_a_user_is_a_member_once(member: Membership) -> None:
    with refused("one_current_membership"):
        Membership.objects.create(organization=member.organization, user=member.user)


def test_1_who_was_removed_can_come_back_and_the_history_stays(removal: Removal) -> None:
    former = removal.membership
    MembershipFactory.create(organization=former.organization, user=former.user)

    assert Membership.objects.of(removal.organization_id, [former.user_id]).count() == 2


@pytest.mark.parametrize("keep", ["roles", "departments"])
def test_2_a_membership_does_not_end_while_something_is_held(member: Membership, keep: str) -> None:
    if keep == "roles":
        member.department_memberships.all().delete()
    else:
        member.role_assignments.all().delete()

    with refused("of_current_member"):
        Membership.objects.filter(pk=member.pk).update(deleted_at=timezone.now())


def test_2_a_former_member_is_given_no_role(removal: Removal) -> None:
    with refused("role_of_current_member"):
        RoleAssignment.objects.create(
            organization=removal.organization,
            membership=removal.membership,
            role=removal.organization.roles.get(name="Member"),
        )


def test_2_a_former_member_is_given_no_department(removal: Removal) -> None:
    with refused("department_of_current_member"):
        DepartmentMembership.objects.create(
            organization=removal.organization,
            membership=removal.membership,
            department=DepartmentFactory.create(organization=removal.organization),
        )


@pytest.mark.parametrize("what", ["role_assignments", "department_memberships"])
def test_2_what_a_member_holds_is_given_and_taken_but_not_changed(
    owner: Membership, member: Membership, what: str
) -> None:
    with refused("Cannot update rows"):
        getattr(member, what).update(membership=owner)


def test_2_the_generated_columns_cannot_be_written(member: Membership) -> None:
    with pytest.raises(ProgrammingError, match="can only be updated to DEFAULT"):
        sql("UPDATE organizations_roleassignment SET membership_is_current = false")


def test_3_a_role_is_of_the_members_organization(member: Membership) -> None:
    foreign = RoleFactory.create()

    with transaction.atomic(), refused("role_of_same_organization"):
        RoleAssignment.objects.create(
            organization=member.organization, membership=member, role=foreign
        )


def test_3_a_role_assignment_is_of_the_members_organization(member: Membership) -> None:
    foreign = RoleFactory.create()

    with refused("role_of_current_member"):
        RoleAssignment.objects.create(
            organization=foreign.organization, membership=member, role=foreign
        )


@pytest.mark.parametrize(
    ("key", "statement"),
    [
        (
            "role_of_current_member",
            "INSERT INTO organizations_roleassignment"
            " (organization_id, membership_id, user_id, role_id)"
            " SELECT organization_id, %s, user_id, role_id"
            " FROM organizations_roleassignment WHERE membership_id = %s",
        ),
        (
            "department_of_current_member",
            "INSERT INTO organizations_departmentmembership"
            " (organization_id, membership_id, user_id, department_id)"
            " SELECT organization_id, %s, user_id, department_id"
            " FROM organizations_departmentmembership WHERE membership_id = %s",
        ),
    ],
)
def test_3_what_a_member_holds_names_no_other_user(
    owner: Membership, member: Membership, key: str, statement: str
) -> None:
    with refused(key):
        sql(statement, owner.pk, member.pk)


def test_3_a_department_is_of_the_members_organization(member: Membership) -> None:
    with refused("department_of_same_organization"):
        DepartmentMembership.objects.create(
            organization=member.organization,
            membership=member,
            department=DepartmentFactory.create(),
        )


def test_3_a_resource_is_of_its_departments_organization(organization: Organization) -> None:
    with refused("resource_department_in_organization"):
        ResourceFactory.create(organization=organization, department=DepartmentFactory.create())


def test_3_a_removal_transfers_within_its_organization(
    organization: Organization, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=organization)

    with refused("removal_department_in_organization"), transaction.atomic():
        Membership.objects.filter(pk=leaver.pk).update(deleted_at=timezone.now())
        record(leaver, transferred_to=DepartmentFactory.create())


def test_4_a_resource_stays_in_its_organization(member: Membership) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)

    with refused("Cannot update rows"):
        Resource.objects.filter(pk=resource.pk).update(organization=OrganizationFactory.create())


@pytest.mark.parametrize("owners", [0, 2])
def test_4_a_resource_has_exactly_one_owner(member: Membership, owners: int) -> None:
    department = DepartmentFactory.create(organization=member.organization)
    both = {"owner": member.user, "department": department}

    with refused("resource_has_one_owner"):
        ResourceFactory.create(organization=member.organization, **(both if owners else {}))


def record(member: Membership, **fields: object) -> Removal:
    return Removal.objects.create(
        organization_id=member.organization_id,
        membership=member,
        source=Source.COMMAND,
        roles=[],
        departments=[],
        resource_count=0,
        **fields,
    )


def test_5_a_membership_does_not_end_without_a_record(
    organization: Organization, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=organization)

    with refused("membership_ends_with_its_record"), transaction.atomic():
        Membership.objects.filter(pk=leaver.pk).update(deleted_at=timezone.now())
        check_deferred()


def test_5_nobody_has_a_record_who_was_not_removed(member: Membership) -> None:
    with refused("removal_of_ended_membership"):
        record(member)


def test_5_a_removal_has_one_record(removal: Removal) -> None:
    with refused("organizations_removal_membership_id"):
        record(removal.membership)


def test_5_a_removal_is_not_taken_back(removal: Removal) -> None:
    with refused("removal_of_ended_membership"):
        Membership.objects.filter(pk=removal.membership_id).update(deleted_at=None)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organizations_{} SET reason = 'another'",
        "UPDATE organizations_{} SET reason = '', trace_id = 'another'",
        "UPDATE organizations_{} SET created_at = now()",
        "DELETE FROM organizations_{}",
    ],
)
@pytest.mark.parametrize("record", ["removal", "event"])
def test_5_a_record_is_never_changed_or_deleted(
    removal: Removal, record: str, statement: str
) -> None:
    with refused("Cannot (update|delete) rows"):
        sql(statement.format(record))


def test_5_the_reason_of_a_record_can_be_emptied(owner: Membership) -> None:
    remove(MembershipFactory.create(organization=owner.organization), reason="gone to Mia")

    Removal.objects.update(reason="")

    assert Removal.objects.get().reason == ""


def test_5_a_removed_member_or_their_organization_is_not_deleted(removal: Removal) -> None:
    for history in (removal, removal.membership, removal.organization, removal.membership.user):
        with pytest.raises((ProtectedError, ProgrammingError)), transaction.atomic():
            history.delete()


def test_5_a_membership_is_of_the_same_user_for_good(removal: Removal, owner: Membership) -> None:
    with refused("Cannot update rows"):
        Membership.objects.filter(pk=removal.membership_id).update(user=owner.user)


def test_5_a_membership_that_holds_nothing_is_not_deleted(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    with refused("Cannot delete rows"):
        sql("DELETE FROM organizations_membership WHERE id = %s", member.pk)
