"""The invariants, attacked past the service: the database holds every one of them."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from organizations.models import (
    DepartmentMembership,
    Membership,
    Organization,
    Removal,
    Role,
    RoleAssignment,
)
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.owners import active_owners
from tests.removals import remove
from users.models import User

REFUSED = (IntegrityError, ProgrammingError)  # by a constraint, by a trigger


def refused(constraint: str) -> AbstractContextManager[object]:
    return pytest.raises(REFUSED, match=constraint)


def check_deferred() -> None:
    """Check now what the database checks at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def sql(statement: str, *parameters: str | int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    return MembershipFactory.create(
        organization=organization,
        roles=["Member"],
        departments=[DepartmentFactory.create(organization=organization)],
    )


@pytest.fixture
def removal(organization: Organization, owner: Membership) -> Removal:
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    remove(member)
    return Removal.objects.get()


def test_1_a_user_is_a_member_once(member: Membership) -> None:
    with refused("one_active_membership"):
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

    with refused("of_active_member"):
        Membership.objects.filter(pk=member.pk).update(deleted_at=timezone.now())


def test_2_a_former_member_is_given_no_role(removal: Removal) -> None:
    with refused("role_of_active_member"):
        RoleAssignment.objects.create(
            organization=removal.organization,
            membership=removal.membership,
            role=removal.organization.roles.get(name="Member"),
        )


def test_2_a_former_member_is_given_no_department(removal: Removal) -> None:
    with refused("department_of_active_member"):
        DepartmentMembership.objects.create(
            organization=removal.organization,
            membership=removal.membership,
            department=DepartmentFactory.create(organization=removal.organization),
        )


def test_2_a_role_is_not_moved_to_a_former_member(removal: Removal, member: Membership) -> None:
    with refused("role_of_active_member"):
        member.role_assignments.update(membership=removal.membership)


def test_2_the_generated_columns_cannot_be_written(member: Membership) -> None:
    with pytest.raises(ProgrammingError, match="can only be updated to DEFAULT"):
        sql("UPDATE organizations_roleassignment SET membership_is_active = false")


def test_3_a_role_is_of_the_members_organization(member: Membership) -> None:
    foreign = RoleFactory.create()

    with transaction.atomic(), refused("role_of_same_organization"):
        RoleAssignment.objects.create(
            organization=member.organization, membership=member, role=foreign
        )


def test_3_a_role_assignment_is_of_the_members_organization(member: Membership) -> None:
    foreign = RoleFactory.create()

    with refused("role_of_active_member"):
        RoleAssignment.objects.create(
            organization=foreign.organization, membership=member, role=foreign
        )


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
        source=Removal.Source.COMMAND,
        roles=[],
        departments=[],
        resource_count=0,
        **fields,
    )


def test_5_a_membership_does_not_end_without_a_record(
    organization: Organization, owner: Membership
) -> None:
    leaver = MembershipFactory.create(organization=organization)

    with refused("removed_membership_has_record"), transaction.atomic():
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
        "UPDATE organizations_removal SET reason = 'another'",
        "DELETE FROM organizations_removal",
        "TRUNCATE organizations_removal CASCADE",
    ],
)
def test_5_a_record_is_never_changed_or_deleted(removal: Removal, statement: str) -> None:
    # The tests' own cleaning is by TRUNCATE, so that guard is off in the test database.
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE organizations_removal ENABLE TRIGGER ALL")

    with pytest.raises(ProgrammingError, match=r"Cannot update or delete|never deleted"):
        sql(statement)


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


def take_role_away(owner: Membership) -> None:
    owner.role_assignments.all().delete()


def change_role(owner: Membership) -> None:
    owner.role_assignments.update(role=owner.organization.roles.get(name="Member"))


def take_role_away_in_sql(owner: Membership) -> None:
    sql("DELETE FROM organizations_roleassignment WHERE membership_id = %s", owner.pk)


def delete_role(owner: Membership) -> None:
    sql("DELETE FROM organizations_role WHERE organization_id = %s", owner.organization_id)


def disable_account(owner: Membership) -> None:
    User.objects.filter(pk=owner.user_id).update(is_active=False)


def delete_account(owner: Membership) -> None:
    sql("DELETE FROM users_user WHERE id = %s", owner.user_id)
    check_deferred()


def delete_role_and_assignment(owner: Membership) -> None:
    """Delete both in one statement, after which nobody can tell that it was the Owner role."""
    role = owner.organization.roles.get(name="Owner").pk
    sql(
        "WITH gone AS (DELETE FROM organizations_role WHERE id = %s)"
        " DELETE FROM organizations_roleassignment WHERE role_id = %s",
        *(role, role),
    )


def rename_role_and_delete_assignment(owner: Membership) -> None:
    role = owner.organization.roles.get(name="Owner").pk
    sql(
        "WITH renamed AS (UPDATE organizations_role SET id = 'role_x' WHERE id = %s)"
        " DELETE FROM organizations_roleassignment WHERE role_id = %s",
        *(role, role),
    )


def give_membership_to_somebody_else(owner: Membership) -> None:
    somebody = UserFactory.create(is_active=False)
    sql("UPDATE organizations_membership SET user_id = %s WHERE id = %s", somebody.pk, owner.pk)


@pytest.mark.parametrize(
    "attack",
    [
        take_role_away,
        change_role,
        take_role_away_in_sql,
        delete_role,
        delete_role_and_assignment,
        rename_role_and_delete_assignment,
        give_membership_to_somebody_else,
        disable_account,
        delete_account,
    ],
)
def test_6_the_last_owner_keeps_the_role(
    owner: Membership, attack: Callable[[Membership], None]
) -> None:
    with pytest.raises(REFUSED), transaction.atomic():
        attack(owner)
    assert list(active_owners()) == [owner]


def test_6_an_owner_whose_account_is_disabled_does_not_count(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])
    User.objects.filter(pk=second.user_id).update(is_active=False)

    with refused("without an active owner"):
        owner.role_assignments.all().delete()


def test_6_the_account_of_one_of_two_owners_can_be_disabled(owner: Membership) -> None:
    MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    disable_account(owner)

    assert active_owners().count() == 1


def test_6_disabling_both_owners_in_one_statement_is_refused(owner: Membership) -> None:
    MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    with refused("without an active owner"):
        User.objects.all().update(is_active=False)


def test_6_one_of_two_owners_can_give_the_role_back(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    second.role_assignments.all().delete()

    assert list(active_owners()) == [owner]


def test_6_role_assignments_are_not_truncated(owner: Membership) -> None:
    # The tests' own cleaning is by TRUNCATE, so that guard is off in the test database.
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("ALTER TABLE organizations_roleassignment ENABLE TRIGGER ALL")

    with refused("lose its owners"):
        sql("TRUNCATE organizations_roleassignment")


def test_6_the_owner_role_stays_what_it_is(organization: Organization) -> None:
    with refused("Cannot update"):
        Role.objects.filter(organization=organization).update(is_owner=False)


def test_6_an_organization_has_one_owner_role(organization: Organization) -> None:
    with refused("one_owner_role_per_organization"):
        RoleFactory.create(organization=organization, is_owner=True)


@pytest.mark.parametrize(
    "wrong", ["xyz789", "org_", "usr_abc", "org_ä", "org_a\n", "org_" + "x" * 61]
)
def test_an_id_has_the_form_of_its_kind(db: None, wrong: str) -> None:
    with pytest.raises(Exception, match=r"_id_check|too long"):
        OrganizationFactory.create(pk=wrong)


def test_a_capability_is_one_of_the_contracts(organization: Organization) -> None:
    with refused("role_capabilities_are_known"):
        RoleFactory.create(organization=organization, capabilities=["fly"])


def test_an_organization_starts_with_its_three_roles(db: None) -> None:
    organization = Organization.objects.create(name="Acme")

    assert {
        (role.name, tuple(role.capabilities), role.is_owner) for role in organization.roles.all()
    } == {
        ("Owner", ("override_all_permissions",), True),
        ("Admin", ("override_all_permissions",), False),
        ("Member", (), False),
    }


def test_one_mailbox_is_one_account(db: None) -> None:
    User.objects.create_user("Ada@Example.com")

    assert User.objects.get(email="ADA@example.COM").email == "ada@example.com"
    with refused("users_user_email_key"):
        User.objects.create_user("aDA@example.com")


def test_every_index_is_one_that_somebody_decided_on(db: None) -> None:
    """Django's own additions, such as the twins for LIKE, are not among them."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(indexname, '_[0-9a-f]{8}$', '') FROM pg_indexes"
            " WHERE starts_with(tablename, 'organizations_') OR tablename = ANY(%s)",
            [["users_user", "users_accesstoken"]],
        )
        indexes = sorted(name for (name,) in cursor.fetchall() if not name.endswith("_pkey"))
    assert indexes == [
        "department_in_organization",
        "department_joined_once",
        "membership_is_active_key",
        "one_active_membership",
        "one_owner_role_per_organization",
        "organization_by_name",
        "organizations_departmentmembership_department_id",
        "organizations_membership_user_id",
        "organizations_removal_actor_id",
        "organizations_removal_membership_id_key",
        "organizations_roleassignment_role_id",
        "removal_by_date",
        "removal_by_organization",
        "removal_by_target_department",
        "removal_by_trace",
        "removal_of_membership",
        "resource_by_department",
        "resource_by_organization",
        "resource_by_owner",
        "role_assigned_once",
        "role_in_organization",
        "role_name_in_organization",
        "user_by_name",
        "users_accesstoken_digest_key",
        "users_accesstoken_user_id",
        "users_user_email_key",
    ]
