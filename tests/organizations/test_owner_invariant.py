"""Invariants 6 and 7, attacked past the service: an organization keeps an owner, and the role."""

import re
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from config.identifiers import generate_id
from organizations.models import (
    Membership,
    Organization,
    Role,
)
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.owners import active_owners
from tests.refusals import check_deferred, refused, sql
from users.models import User


def take_role_away(owner: Membership) -> None:
    owner.role_assignments.all().delete()


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


def deactivate(owner: Membership) -> None:
    Membership.objects.filter(pk=owner.pk).update(deactivated_at=timezone.now())


@pytest.mark.parametrize(
    "attack",
    [
        take_role_away,
        take_role_away_in_sql,
        delete_role,
        delete_role_and_assignment,
        rename_role_and_delete_assignment,
        disable_account,
        deactivate,
        delete_account,
    ],
)
def test_6_the_last_owner_keeps_the_role(
    owner: Membership, attack: Callable[[Membership], None]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        attack(owner)
    assert list(active_owners()) == [owner]


def test_6_the_membership_of_an_owner_is_not_given_to_somebody_else(owner: Membership) -> None:
    somebody = UserFactory.create(is_active=False)

    with refused("Cannot update rows"):
        Membership.objects.filter(pk=owner.pk).update(user=somebody)


def test_6_an_owner_whose_account_is_disabled_does_not_count(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])
    User.objects.filter(pk=second.user_id).update(is_active=False)

    with refused("without an active owner"):
        owner.role_assignments.all().delete()


def test_6_an_owner_who_is_deactivated_does_not_count(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])
    deactivate(second)

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


def test_6_the_owner_role_stays_what_it_is(organization: Organization) -> None:
    with refused("Cannot update"):
        Role.objects.filter(organization=organization).update(is_owner=False)


def test_6_an_organization_has_one_owner_role(organization: Organization) -> None:
    with refused("one_owner_role_per_organization"):
        RoleFactory.create(
            organization=organization, is_owner=True, capabilities=["override_all_permissions"]
        )


def made_by_bulk_create() -> Organization:
    [organization] = Organization.objects.bulk_create([Organization(name="Acme")])
    return organization


def made_in_sql() -> Organization:
    sql(
        "INSERT INTO organizations_organization (id, name, name_words, created_at)"
        " VALUES ('org_sql', 'Acme', ARRAY['Acme', 'acme'], now())"
    )
    return Organization.objects.get(pk="org_sql")


@pytest.mark.parametrize("made", [OrganizationFactory.create, made_by_bulk_create, made_in_sql])
def test_7_an_organization_has_its_roles_however_it_was_made(
    db: None, made: Callable[[], Organization]
) -> None:
    assert [
        (role.name, role.capabilities, role.is_owner)
        for role in made().roles.order_by("-is_owner", "name")
    ] == [
        ("Owner", ["override_all_permissions"], True),
        ("Admin", ["override_all_permissions"], False),
        ("Member", [], False),
    ]


def test_7_the_owner_role_is_deleted_with_its_organization_alone(db: None) -> None:
    organization = OrganizationFactory.create()

    with refused("every organization has its Owner role"), transaction.atomic():
        organization.roles.filter(is_owner=True).delete()
        check_deferred()
    organization.delete()
    check_deferred()

    assert not Role.objects.exists()


def test_7_a_role_of_the_database_has_an_id_as_any_other(organization: Organization) -> None:
    before = generate_id("role")
    [made] = OrganizationFactory.create().roles.filter(is_owner=True)

    assert re.fullmatch(r"role_[0-9A-HJKMNP-TV-Z]{26}", made.pk)
    assert len(made.pk) == len(before)
    assert before[:15] <= made.pk[:15]
