"""What an addition and a change give and take, and what they refuse."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
    UserNotFoundError,
)
from organizations.models import Event, Membership, Organization, Role
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.assignment.verbs import add, change
from tests.removals import remove
from users.erasure.service import erase_account
from users.models import User

ASSIGN_ROLES = frozenset({Capability.ASSIGN_ROLES})
MANAGE_USERS = frozenset({Capability.MANAGE_USERS})


def role(organization: Organization, name: str) -> Role:
    """Return a role that every organization starts with."""
    return organization.roles.get(name=name)


def holdings(member: Membership) -> tuple[set[str], set[str]]:
    """Return the ids of a member's roles and departments."""
    return (
        set(member.role_assignments.values_list("role", flat=True)),
        set(member.department_memberships.values_list("department", flat=True)),
    )


def test_the_lists_are_complete_and_what_is_in_both_stays_untouched(
    organization: Organization, member: Membership
) -> None:
    retained, taken = member.role_assignments.get(), member.department_memberships.get()
    new = DepartmentFactory.create(organization=organization)

    change(member, roles=[retained.role], departments=[new, new])

    assert holdings(member) == ({retained.role_id}, {new.pk})
    assert member.role_assignments.get() == retained
    assert not member.department_memberships.filter(pk=taken.pk).exists()


def test_a_change_leaves_one_event_with_the_ids_given_and_taken(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    admin, plain = role(organization, "Admin"), role(organization, "Member")
    department = member.department_memberships.get().department

    change(
        member, roles=[admin], departments=[], actor=owner.user, reason="Promoted", trace_id="t-1"
    )

    event = Event.objects.get()
    assert event.type == Event.Type.MEMBER_UPDATED
    assert event.data == {
        "roles_added": [admin.pk],
        "roles_removed": [plain.pk],
        "departments_added": [],
        "departments_removed": [department.pk],
    }
    assert (event.user, event.actor, event.source) == (member.user, owner.user, "admin")
    assert (event.reason, event.trace_id) == ("Promoted", "t-1")


def test_what_is_left_out_stays_as_it_is(organization: Organization, member: Membership) -> None:
    _, departments = holdings(member)

    change(member, roles=[role(organization, "Admin")])
    assert holdings(member)[1] == departments
    change(member, departments=[])
    assert holdings(member) == ({role(organization, "Admin").pk}, set())


def test_where_nothing_changes_nothing_is_asked_and_nothing_written(member: Membership) -> None:
    roles, departments = holdings(member)

    with CaptureQueriesContext(connection) as captured:
        change(member, roles=roles, departments=departments, capabilities=frozenset())

    written = ("INSERT", "UPDATE", "DELETE")
    assert not any(query["sql"].startswith(written) for query in captured)
    assert not Event.objects.exists()


def test_a_deactivated_member_can_be_changed(
    organization: Organization, member: Membership
) -> None:
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())

    change(member, roles=[])

    assert holdings(member)[0] == set()


def test_a_former_member_is_not_found_and_the_removal_is_told_to_who_may_remove(
    member: Membership,
) -> None:
    [removal] = remove(member)

    with pytest.raises(UserNotFoundError) as error:
        change(member, roles=[], capabilities=frozenset({Capability.REMOVE_USERS}))
    with pytest.raises(UserNotFoundError) as unexplained:
        change(member, roles=[], capabilities=ASSIGN_ROLES)

    assert error.value.details["removal_id"] == removal.removal_id
    assert unexplained.value.details == {"user_id": member.user_id}


@pytest.mark.parametrize("unknown", ["role_unknown", "dept_x", "", "role_\x00", "r" * 100])
def test_an_unknown_role_is_not_found(member: Membership, unknown: str) -> None:
    with pytest.raises(RoleNotFoundError) as refusal:
        change(member, roles=[unknown], departments=["dept_unknown"])

    assert refusal.value.details == {"role_id": unknown}


def test_a_role_and_a_department_of_another_organization_are_not_found(member: Membership) -> None:
    with pytest.raises(RoleNotFoundError):
        change(member, roles=[RoleFactory.create()])
    with pytest.raises(DepartmentNotFoundError):
        change(member, departments=[DepartmentFactory.create()])


@pytest.mark.parametrize(
    ("authority", "wanted", "missing"),
    [
        (ASSIGN_ROLES, {"departments": []}, ["manage_users"]),
        (MANAGE_USERS, {"roles": []}, ["assign_roles"]),
        (frozenset(), {"roles": [], "departments": []}, ["assign_roles", "manage_users"]),
    ],
)
def test_each_kind_of_change_takes_a_capability_of_its_own(
    member: Membership, authority: frozenset[Capability], wanted: dict[str, Any], missing: list[str]
) -> None:
    with pytest.raises(InsufficientPermissionsError) as refusal:
        change(member, **wanted, capabilities=authority)

    assert refusal.value.details == {"required_capabilities": missing}


def test_nobody_gives_a_role_with_a_capability_that_they_lack(
    organization: Organization, member: Membership
) -> None:
    billing = RoleFactory.create(organization=organization, capabilities=["manage_billing"])
    roles, _ = holdings(member)

    with pytest.raises(InsufficientPermissionsError) as refusal:
        change(member, roles=[*roles, billing], capabilities=ASSIGN_ROLES)

    assert refusal.value.details == {"required_capabilities": ["manage_billing"]}
    assert holdings(member)[0] == roles


@pytest.mark.parametrize("is_deactivated", [False, True])
def test_nobody_changes_or_takes_a_role_of_a_member_above_them(
    organization: Organization, owner: Membership, is_deactivated: bool
) -> None:
    billing = RoleFactory.create(organization=organization, capabilities=["manage_billing"])
    above = MembershipFactory.create(organization=organization, roles=[billing])
    if is_deactivated:
        Membership.objects.filter(pk=above.pk).update(deactivated_at=timezone.now())

    for roles in ([], [billing, role(organization, "Member")]):
        with pytest.raises(InsufficientPermissionsError):
            change(above, roles=roles, capabilities=ASSIGN_ROLES)

    assert holdings(above)[0] == {billing.pk}


def test_the_last_owner_keeps_the_role(organization: Organization, owner: Membership) -> None:
    with pytest.raises(LastOwnerCannotBeRemovedError) as refusal:
        change(owner, roles=["role_unknown"])
    assert refusal.value.details == {"user_id": owner.user_id, "organization_id": organization.pk}

    change(owner, roles=[role(organization, "Owner"), role(organization, "Admin")])
    MembershipFactory.create(organization=organization, roles=["Owner"])
    change(owner, roles=[])
    assert holdings(owner)[0] == set()


@pytest.mark.parametrize("reason", ["deactivated", "disabled"])
def test_an_owner_who_cannot_act_is_not_one_who_remains(
    organization: Organization, owner: Membership, reason: str
) -> None:
    second = MembershipFactory.create(organization=organization, roles=["Owner"])
    if reason == "deactivated":
        Membership.objects.filter(pk=second.pk).update(deactivated_at=timezone.now())
    else:
        User.objects.filter(pk=second.user_id).update(is_active=False)

    with pytest.raises(LastOwnerCannotBeRemovedError):
        change(owner, roles=[])
    change(second, roles=[])


def test_who_is_added_is_a_member_with_what_is_given(organization: Organization) -> None:
    department = DepartmentFactory.create(organization=organization)
    user = UserFactory.create()

    member = add(organization, user, roles=[role(organization, "Owner")], departments=[department])

    assert holdings(member) == ({role(organization, "Owner").pk}, {department.pk})
    event = Event.objects.get()
    assert (event.type, event.user) == (Event.Type.MEMBER_ADDED, user)
    assert event.data == {
        "role_ids": [role(organization, "Owner").pk],
        "department_ids": [department.pk],
    }


def test_who_is_added_after_a_removal_gets_nothing_back(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    resource = ResourceFactory.create(organization=organization, owner=member.user)
    remove(member, transfer_to=owner.user_id)

    again = add(organization, member.user)

    assert holdings(again) == (set(), set())
    resource.refresh_from_db()
    assert resource.owner == owner.user


def test_who_is_a_member_is_not_added(organization: Organization, member: Membership) -> None:
    with pytest.raises(MembershipAlreadyExistsError) as refusal:
        add(organization, member.user)

    assert set(refusal.value.details) == {"user_id", "member_since"}


def test_an_erased_account_is_not_added(organization: Organization) -> None:
    user = UserFactory.create()
    erase_account(user.pk, actor=None)

    with pytest.raises(UserNotFoundError):
        add(organization, user)
    with pytest.raises(UserNotFoundError):
        add(organization, User(pk="usr_nobody"))


@pytest.mark.parametrize(
    ("wanted", "authority", "expected"),
    [
        ({"roles": ["role_unknown"]}, ASSIGN_ROLES, RoleNotFoundError),
        ({"departments": ["dept_unknown"]}, MANAGE_USERS, DepartmentNotFoundError),
        ({"roles": ["Admin"]}, ASSIGN_ROLES, InsufficientPermissionsError),
        ({"roles": ["Member"]}, MANAGE_USERS, InsufficientPermissionsError),
    ],
)
def test_an_addition_is_refused_for_what_a_change_is_refused_for(
    organization: Organization,
    wanted: dict[str, list[str]],
    authority: frozenset[Capability],
    expected: type[ContractError],
) -> None:
    roles = {found.name: found for found in organization.roles.all()}
    named: dict[str, Any] = {
        kind: [roles.get(name, name) for name in names] for kind, names in wanted.items()
    }

    with pytest.raises(expected):
        add(organization, UserFactory.create(), **named, capabilities=authority)

    assert not Membership.objects.exists()


def test_a_change_of_much_takes_as_many_statements_as_one_of_little(
    organization: Organization, owner: Membership
) -> None:
    def statements(number: int) -> int:
        member = MembershipFactory.create(
            organization=organization,
            roles=RoleFactory.create_batch(number, organization=organization),
            departments=DepartmentFactory.create_batch(number, organization=organization),
        )
        roles = RoleFactory.create_batch(number, organization=organization)
        departments = DepartmentFactory.create_batch(number, organization=organization)
        with CaptureQueriesContext(connection) as captured:
            change(member, roles=roles, departments=departments)
        return len(captured)

    assert statements(20) == statements(2)
