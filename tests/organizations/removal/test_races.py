"""What happens at the same moment as a removal, on real connections."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import IntegrityError, transaction

from organizations.capabilities import Capability
from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Removal,
    Resource,
    Role,
    RoleAssignment,
)
from organizations.removal.service import RemovalOutcome
from tests.concurrency import (
    all_at_once,
    in_background,
    result_after,
    result_while_waiting,
)
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.removals import codes, remove

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_many_removals_of_one_member_at_once_exactly_one_succeeds(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization, roles=["Member"])

    outcomes = all_at_once(*[partial(remove, member)] * 8)

    assert codes(outcomes) == ["USER_NOT_FOUND"] * 7 + ["removed"]
    assert Removal.objects.count() == 1


def test_overlapping_sets_in_opposite_order_do_not_deadlock(owner: Membership) -> None:
    members = MembershipFactory.create_batch(30, organization=owner.organization)

    outcomes = all_at_once(
        partial(remove, *members),
        partial(remove, *reversed(members)),
        partial(remove, *members[10:20]),
    )

    assert codes(outcomes) == ["USER_NOT_FOUND"] * 40 + ["removed"] * 30
    assert Removal.objects.count() == 30


def grant(member: Membership, role: Role) -> None:
    RoleAssignment.objects.create(
        organization_id=member.organization_id, membership=member, role=role
    )


def join(member: Membership, department: Department) -> None:
    DepartmentMembership.objects.create(
        organization_id=member.organization_id, membership=member, department=department
    )


@pytest.mark.parametrize("held", ["role", "department"])
def test_what_is_given_while_a_removal_runs_waits_and_then_fails(
    owner: Membership, held: str
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    if held == "role":
        give = partial(grant, member, owner.organization.roles.get(name="Admin"))
    else:
        department = DepartmentFactory.create(organization=owner.organization)
        give = partial(join, member, department)

    with pytest.raises(IntegrityError, match="of_current_member"):
        result_after(partial(remove, member), give)


@pytest.mark.parametrize(
    "removal", [remove, transaction.atomic(remove)], ids=["by itself", "in a transaction"]
)
def test_a_removal_waits_for_what_is_being_given_and_takes_it_too(
    owner: Membership, removal: Callable[[Membership], list[RemovalOutcome]]
) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    admin = owner.organization.roles.get(name="Admin")

    outcomes = result_after(partial(grant, member, admin), partial(removal, member))

    assert codes([outcomes]) == ["removed"]
    assert [role["name"] for role in Removal.objects.get().roles] == ["Admin"]


def test_a_removal_waits_for_a_change_of_the_membership(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization, roles=["Member"])

    membership = Membership.objects.filter(pk=member.pk)

    outcomes = result_after(
        partial(membership.update, deactivated_at=owner.created_at), partial(remove, member)
    )

    assert codes([outcomes]) == ["removed"]
    member.refresh_from_db()
    assert (member.is_current, member.deactivated_at) == (False, owner.created_at)


def test_a_removal_that_waited_decides_by_what_there_is_then(owner: Membership) -> None:
    organization = owner.organization
    role = RoleFactory.create(organization=organization, capabilities=[])
    department = DepartmentFactory.create(organization=organization)
    first, second, third = MembershipFactory.create_batch(
        3, organization=organization, roles=[role]
    )

    removing = partial(
        remove,
        *(first, second, third, owner),
        transfer_to=department.pk,
        capabilities=frozenset({Capability.REMOVE_USERS}),
    )

    def meanwhile() -> None:
        ResourceFactory.create(organization=organization, owner=second.user)
        above = RoleFactory.create(organization=organization, capabilities=[])
        grant(third, above)
        Role.objects.filter(pk=above.pk).update(capabilities=["manage_billing"])

    gone, with_resource, above, last = result_while_waiting(
        partial(remove, first), removing, meanwhile
    )

    assert codes([[gone], [above], [last]]) == [
        "INSUFFICIENT_PERMISSIONS",
        "INSUFFICIENT_PERMISSIONS",
        "USER_NOT_FOUND",
    ]
    assert with_resource.resource_count == 1


def test_who_joins_while_a_removal_waits_is_not_found(owner: Membership) -> None:
    """Else their membership would be locked after those of users with higher ids: a deadlock."""
    joining, member = UserFactory.create(pk="usr_a"), UserFactory.create(pk="usr_b")
    membership = MembershipFactory.create(organization=owner.organization, user=member)

    outcomes = result_while_waiting(
        partial(Membership.objects.select_for_update().get, pk=membership.pk),
        partial(remove, Membership(organization=owner.organization, user=joining), membership),
        partial(MembershipFactory.create, organization=owner.organization, user=joining),
    )

    assert codes([outcomes]) == ["USER_NOT_FOUND", "removed"]


def test_a_department_that_is_deleted_meanwhile_is_not_found(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    department = DepartmentFactory.create(organization=owner.organization)

    outcomes = result_after(
        Department.objects.filter(pk=department.pk).delete,
        partial(remove, member, transfer_to=department.pk),
    )

    assert codes([outcomes]) == ["DEPARTMENT_NOT_FOUND"]


def test_a_resource_that_staff_move_meanwhile_is_moved_once(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    ours, theirs = DepartmentFactory.create_batch(2, organization=owner.organization)
    moved, *others = ResourceFactory.create_batch(
        3, organization=owner.organization, owner=member.user
    )

    [outcome] = result_after(
        partial(Resource.objects.filter(pk=moved.pk).update, owner=None, department=theirs),
        partial(remove, member, transfer_to=ours.pk),
    )

    assert outcome.resource_count == 2
    assert Removal.objects.get().resource_count == 2
    assert Resource.objects.filter(department=ours).count() == len(others)
    assert Resource.objects.get(pk=moved.pk).department == theirs


def test_removals_in_one_organization_do_not_wait_for_each_other(owner: Membership) -> None:
    first, second = MembershipFactory.create_batch(
        2, organization=owner.organization, roles=["Member"]
    )

    with transaction.atomic():
        remove(first)
        with in_background(partial(remove, second)) as removing:
            assert codes([removing.result(timeout=20)]) == ["removed"]
