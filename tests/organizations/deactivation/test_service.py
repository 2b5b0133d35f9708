"""What a deactivation and a reactivation do, and what they refuse."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from config.timestamps import in_whole_seconds
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.exceptions import OrganizationAccessDeniedError
from organizations.guards.caller import Person
from organizations.models import Event, Membership, Resource, Source
from tests.deactivations import Change, deactivate, reactivate, states
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, RoleFactory
from tests.removals import remove


def test_a_deactivated_member_keeps_everything_and_may_do_nothing(member: Membership) -> None:
    [outcome] = deactivate(member)

    member.refresh_from_db()
    assert outcome.refusal is None
    assert (member.is_current, member.is_active) == (True, False)
    assert member.role_assignments.exists()
    assert member.department_memberships.exists()
    with pytest.raises(OrganizationAccessDeniedError):
        Person(actor=member.user).authority(member.organization_id)


def test_a_reactivated_member_may_do_what_they_could(owner: Membership, member: Membership) -> None:
    admin = MembershipFactory.create(organization=owner.organization, roles=["Admin"])
    deactivate(admin)

    [outcome] = reactivate(admin)

    admin.refresh_from_db()
    assert outcome.refusal is None
    assert (admin.is_active, admin.deactivated_at) == (True, None)
    authority = Person(actor=admin.user).authority(owner.organization_id)
    assert authority.capabilities == ALL_CAPABILITIES


@pytest.mark.parametrize("kind", ["department", "heir"])
def test_resources_pass_to_the_target_and_belong_to_no_removal(
    owner: Membership, member: Membership, kind: str
) -> None:
    earlier = MembershipFactory.create(organization=owner.organization)
    moved = ResourceFactory.create(organization=owner.organization, owner=earlier.user)
    remove(earlier, transfer_to=member.user_id)
    elsewhere = ResourceFactory.create(owner=member.user)
    department = DepartmentFactory.create(organization=owner.organization)
    target = department.pk if kind == "department" else owner.user_id

    [outcome] = deactivate(member, transfer_to=target)

    moved.refresh_from_db()
    elsewhere.refresh_from_db()
    assert outcome.resource_count == 1
    assert target in {moved.department_id, moved.owner_id}
    assert moved.removal is None
    assert elsewhere.owner == member.user
    assert Event.objects.get(type="member.deactivated").data == {
        "resource_count": 1,
        f"{kind}_id": target,
        "resources": [{"type": "resource", "count": 1, f"{kind}_id": target}],
    }


def test_without_a_target_resources_stay(member: Membership) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)

    [outcome] = deactivate(member)

    resource.refresh_from_db()
    assert (outcome.resource_count, resource.owner) == (0, member.user)
    assert Event.objects.get().data == {"resource_count": 0, "resources": []}


def test_each_change_leaves_an_event(owner: Membership, member: Membership) -> None:
    for change, reason in ((deactivate, "leave"), (reactivate, "back")):
        change(member, actor=owner.user, reason=reason, trace_id=f"case-{reason}")

    assert list(
        Event.objects.order_by("created_at").values_list(
            "type", "organization", "user", "actor", "source", "reason", "trace_id"
        )
    ) == [
        (
            f"member.{kind}",
            owner.organization_id,
            member.user_id,
            owner.user_id,
            Source.ADMIN,
            reason,
            f"case-{reason}",
        )
        for kind, reason in (("deactivated", "leave"), ("reactivated", "back"))
    ]


def test_who_is_active_is_refused_with_the_time_of_the_last_reactivation(
    member: Membership,
) -> None:
    [never] = reactivate(member)
    deactivate(member)
    reactivate(member)

    [again] = reactivate(member)

    event = Event.objects.get(type="member.reactivated")
    assert never.refusal
    assert again.refusal
    assert never.refusal.code == again.refusal.code == "USER_NOT_DEACTIVATED"
    assert never.refusal.details == {"user_id": member.user_id}
    assert again.refusal.details == {
        "user_id": member.user_id,
        "reactivated_at": in_whole_seconds(event.created_at),
    }


def test_a_reactivation_of_an_earlier_membership_is_not_named(member: Membership) -> None:
    deactivate(member)
    reactivate(member)
    remove(member)
    back = MembershipFactory.create(organization=member.organization, user=member.user)

    [outcome] = reactivate(back)

    assert outcome.refusal
    assert outcome.refusal.details == {"user_id": member.user_id}


def test_the_last_owner_stays_active_while_the_others_go(owner: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    first_outcome, second_outcome = deactivate(owner, second)

    assert first_outcome.refusal is None
    assert second_outcome.refusal
    assert second_outcome.refusal.code == "LAST_OWNER_CANNOT_BE_DEACTIVATED"
    assert second_outcome.refusal.details == {
        "user_id": second.user_id,
        "organization_id": owner.organization_id,
    }


@pytest.mark.parametrize("change", [deactivate, reactivate])
@pytest.mark.parametrize("is_deactivated", [False, True])
def test_nobody_acts_on_somebody_above_them_whatever_their_state(
    owner: Membership, change: Change, is_deactivated: bool
) -> None:
    role = RoleFactory.create(organization=owner.organization, capabilities=["manage_billing"])
    above = MembershipFactory.create(organization=owner.organization, roles=[role])
    if is_deactivated:
        deactivate(above)

    [outcome] = change(above, capabilities=frozenset({Capability.DEACTIVATE_USERS}))

    assert outcome.refusal
    assert outcome.refusal.code == "INSUFFICIENT_PERMISSIONS"
    assert outcome.refusal.details == {"required_capabilities": ["manage_billing"]}


def test_no_heir_is_among_those_who_are_deactivated(owner: Membership, member: Membership) -> None:
    second = MembershipFactory.create(organization=owner.organization)
    ResourceFactory.create(organization=owner.organization, owner=member.user)

    outcomes = deactivate(
        *(member, second),
        transfer_to={member.user_id: second.user_id, second.user_id: member.user_id},
    )

    assert states([outcomes]) == ["TRANSFER_USER_NOT_FOUND"] * 2
    assert Resource.objects.get().owner == member.user
    assert not Event.objects.exists()


@pytest.mark.parametrize("target", ["dept_none", "", "usr_none"])
def test_an_unknown_target_is_not_found(member: Membership, target: str) -> None:
    [outcome] = deactivate(member, transfer_to=target)

    assert outcome.refusal
    assert outcome.refusal.status == 404
    assert Membership.objects.get(pk=member.pk).is_active


def test_each_user_is_answered_once_in_the_order_given(
    owner: Membership, member: Membership
) -> None:
    second = MembershipFactory.create(organization=owner.organization)

    outcomes = deactivate(second, member, second)

    assert [outcome.user_id for outcome in outcomes] == [second.user_id, member.user_id]


def count_statements(size: int) -> tuple[int, int]:
    """Return how many statements the deactivation and reactivation of so many members take."""
    owner = MembershipFactory.create(roles=["Owner"])
    organization = owner.organization
    departments = DepartmentFactory.create_batch(3, organization=organization)
    members = MembershipFactory.create_batch(
        size, organization=organization, roles=["Admin", "Member"], departments=departments
    )
    for member in members:
        ResourceFactory.create_batch(2, organization=organization, owner=member.user)
    former = MembershipFactory.create_batch(size, organization=organization)
    remove(*former)
    with CaptureQueriesContext(connection) as of_deactivation:
        deactivate(*members, *former, owner, transfer_to=departments[0].pk)
    with CaptureQueriesContext(connection) as of_reactivation:
        reactivate(*members, *former, owner)
    return len(of_deactivation), len(of_reactivation)


@pytest.mark.django_db
def test_the_number_of_statements_does_not_depend_on_how_many_there_are() -> None:
    assert count_statements(1) == count_statements(20)
