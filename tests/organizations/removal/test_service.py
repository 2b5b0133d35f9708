"""What a removal does, and what it refuses."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    LastOwnerCannotBeRemovedError,
    UserNotFoundError,
)
from organizations.models import Membership, Organization, Removal, Resource, RoleAssignment
from organizations.removal.preview import preview_removal
from tests.callers import CallerWith
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, RoleFactory
from tests.removals import remove


def test_a_removal_takes_roles_departments_and_membership_and_leaves_a_record(
    organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Admin", "Member"], departments=[department]
    )
    resource = ResourceFactory.create(organization=organization, owner=member.user)

    [outcome] = remove(member, transfer_to=department.pk)

    member.refresh_from_db()
    resource.refresh_from_db()
    record = Removal.objects.get()
    assert (outcome.removal_id, outcome.refusal) == (record.pk, None)
    assert not member.is_current
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

    first_outcome, second_outcome = remove(owner, second)

    assert first_outcome.removal_id
    assert isinstance(second_outcome.refusal, LastOwnerCannotBeRemovedError)


def test_an_owner_who_stays_for_another_reason_is_one_who_remains(
    organization: Organization, owner: Membership
) -> None:
    second = MembershipFactory.create(organization=organization, roles=["Owner"])
    targets = {owner.user_id: "dept_none"}

    for leavers in ([owner, second], [second, owner]):
        previews = preview_removal(
            organization.pk,
            [member.user_id for member in leavers],
            transfer_to=targets,
            caller=CallerWith(),
        )
        assert {p.membership.pk: p.can_be_removed for p in previews} == {
            owner.pk: False,
            second.pk: True,
        }
    kept, removed = remove(owner, second, transfer_to=targets)

    assert isinstance(kept.refusal, DepartmentNotFoundError)
    assert removed.removal_id


def test_a_role_without_capabilities_is_above_nobody(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(
        organization=organization, roles=[RoleFactory.create(organization=organization), "Member"]
    )

    [outcome] = remove(member, capabilities=frozenset())

    assert outcome.removal_id


def test_without_a_department_resources_stay_with_their_owner(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    resource = ResourceFactory.create(organization=organization, owner=member.user)

    remove(member)

    assert list(Resource.objects.whose_owner_has_left()) == [resource]


def test_each_member_can_have_a_department_of_their_own(
    organization: Organization, owner: Membership
) -> None:
    first, second, third, fourth = MembershipFactory.create_batch(4, organization=organization)
    sales, finance = DepartmentFactory.create_batch(2, organization=organization)
    resources = [
        ResourceFactory.create(organization=organization, owner=member.user)
        for member in (first, second, third, fourth)
    ]
    targets = {first.user_id: sales.pk, second.user_id: finance.pk, fourth.user_id: "dept_none"}

    outcomes = remove(first, second, third, fourth, transfer_to=targets)

    assert [bool(outcome.removal_id) for outcome in outcomes] == [True, True, True, False]
    for resource in resources:
        resource.refresh_from_db()
    assert [resource.department for resource in resources] == [sales, finance, None, None]
    assert [resource.owner for resource in resources] == [None, None, third.user, fourth.user]


def test_who_was_removed_before_comes_with_the_last_record(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    remove(member)
    MembershipFactory.create(organization=organization, user=member.user)
    [second] = remove(member)

    [outcome] = remove(member)

    assert outcome.earlier == Removal.objects.get(pk=second.removal_id)
    assert isinstance(outcome.refusal, UserNotFoundError)
    assert outcome.refusal.details["removal_id"] == second.removal_id


def test_the_record_is_told_only_to_who_could_have_removed_them(
    organization: Organization, owner: Membership
) -> None:
    authority = frozenset({Capability.REMOVE_USERS})
    admin = MembershipFactory.create(organization=organization, roles=["Admin"])
    member = MembershipFactory.create(organization=organization, roles=["Member"])
    remove(admin, member)

    above, below = remove(admin, member, capabilities=authority)

    assert above.earlier is None
    assert below.earlier is not None


def test_many_take_as_many_statements_as_one(organization: Organization, owner: Membership) -> None:
    department = DepartmentFactory.create(organization=organization)

    def statements(number: int) -> tuple[int, int]:
        members = MembershipFactory.create_batch(
            number, organization=organization, roles=["Member", "Admin"], departments=[department]
        )
        for member in members:
            ResourceFactory.create_batch(2, organization=organization, owner=member.user)
        leaving = [member.user_id for member in [*members, owner]]
        with CaptureQueriesContext(connection) as previewed:
            preview_removal(organization.pk, leaving, caller=CallerWith())
        with CaptureQueriesContext(connection) as removed:
            remove(*members, owner, transfer_to=department.pk)
        return len(previewed), len(removed)

    assert statements(20) == statements(2)
