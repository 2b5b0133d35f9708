"""What a restoration brings back."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.models import (
    Event,
    Membership,
    Organization,
    Removal,
    Resource,
    Restoration,
    Role,
)
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.restoration.verbs import (
    code_of,
    current,
    preview,
    restore,
    restored,
    role_names,
)
from tests.proof.invariants import broken_invariants
from tests.removals import remove
from users.models import AccessToken


def test_a_restoration_is_a_new_membership_with_what_the_record_names(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    department = member.department_memberships.get().department
    [removal] = remove(member)

    [outcome] = restore(member, actor=owner.user, reason="A mistake", trace_id="case-42")

    record = Restoration.objects.get()
    back = current(member)
    assert outcome.restoration == record
    assert back == record.membership != member
    assert back.is_active
    assert role_names(back) == ["Member"]
    assert back.department_memberships.get().department == department
    assert record.removal_id == removal.removal_id
    assert (record.actor, record.source, record.trace_id) == (owner.user, "admin", "case-42")
    assert [role["name"] for role in record.roles] == ["Member"]
    assert record.departments == [{"id": department.pk, "name": department.name}]
    assert (record.roles_not_restored, record.departments_not_restored) == ([], [])
    event = Event.objects.get(type=Event.Type.MEMBER_RESTORED)
    assert event.data == {"restoration_id": record.pk, "removal_id": removal.removal_id}
    assert (event.reason, event.trace_id) == ("A mistake", "case-42")
    assert broken_invariants() == []


def test_what_was_renamed_comes_back_under_its_present_name(
    organization: Organization, owner: Membership
) -> None:
    role = RoleFactory.create(organization=organization, name="Sales")
    member = MembershipFactory.create(organization=organization, roles=[role])
    remove(member)
    role.name = "Revenue"
    role.save()

    assert restored(restore(member)[0]).roles == [{"id": role.pk, "name": "Revenue"}]


@pytest.mark.parametrize("heir", ["department", "person"])
def test_what_the_removal_moved_comes_back_from_where_it_put_it(
    organization: Organization, owner: Membership, member: Membership, heir: str
) -> None:
    department = DepartmentFactory.create(organization=organization)
    target = department.pk if heir == "department" else owner.user_id
    theirs = ResourceFactory.create(organization=organization, owner=owner.user)
    resources = ResourceFactory.create_batch(3, organization=organization, owner=member.user)
    moved_on, *others = resources
    remove(member, transfer_to=target)
    Resource.objects.filter(pk=moved_on.pk).update(
        owner=None, department=DepartmentFactory.create(organization=organization)
    )

    record = restored(restore(member)[0])

    assert (record.resource_count, record.resources_not_restored) == (2, 1)
    back = Resource.objects.owned_by(member.user_id)
    assert set(back) == set(others)
    assert {resource.removal for resource in back} == {None}
    theirs.refresh_from_db()
    assert theirs.owner == owner.user


def test_what_an_heir_left_behind_is_where_the_removal_put_it(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    heir = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=member.user)
    remove(member, transfer_to=heir.user_id)
    remove(heir)

    assert restored(restore(member)[0]).resource_count == 1
    assert Resource.objects.get().owner == member.user


def test_without_a_transfer_nothing_has_to_come_back(member: Membership) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)
    remove(member)

    record = restored(restore(member)[0])

    assert (record.resource_count, record.resources_not_restored) == (0, 0)
    resource.refresh_from_db()
    assert resource.owner == member.user


def test_who_was_deactivated_when_removed_is_deactivated_again(member: Membership) -> None:
    ResourceFactory.create(organization=member.organization, owner=member.user)
    department = member.department_memberships.get().department
    deactivated_at = timezone.now() - timedelta(days=3)
    Membership.objects.filter(pk=member.pk).update(deactivated_at=deactivated_at)
    remove(member, transfer_to=department.pk)

    [outcome] = restore(member)

    assert restored(outcome).resource_count == 1
    assert not current(member).is_active
    assert current(member).deactivated_at == deactivated_at
    assert role_names(current(member)) == ["Member"]


def test_a_disabled_account_is_restored_and_stays_disabled(
    organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(
        organization=organization, user=UserFactory.create(is_active=False)
    )
    remove(member)

    assert code_of(restore(member)[0]) == "restored"
    member.user.refresh_from_db()
    assert not member.user.is_active


def test_a_preview_says_what_the_restoration_then_does_and_does_nothing(
    organization: Organization, owner: Membership, member: Membership
) -> None:
    gone = RoleFactory.create(organization=organization)
    member.role_assignments.create(organization=organization, role=gone)
    resources = ResourceFactory.create_batch(2, organization=organization, owner=member.user)
    AccessToken.objects.issue(member.user, name="", lifetime=timedelta(hours=1))
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())
    remove(member, transfer_to=owner.user_id)
    Role.objects.filter(pk=gone.pk).delete()
    Resource.objects.filter(pk=resources[0].pk).update(owner=owner.user, removal=None)

    with CaptureQueriesContext(connection) as captured:
        foreseen = restored(preview(member)[0])
    assert not any(verb in query["sql"] for query in captured for verb in ("INSERT", "UPDATE"))
    done = restored(restore(member)[0])

    for field in (
        "roles",
        "departments",
        "resource_count",
        "roles_not_restored",
        "departments_not_restored",
        "resources_not_restored",
        "tokens_not_restored",
    ):
        assert getattr(foreseen, field) == getattr(done, field), field
    assert foreseen.membership.deactivated_at == done.membership.deactivated_at
    assert done.resource_count == 1
    assert done.resources_not_restored == 1
    assert done.tokens_not_restored == 1


def test_many_take_as_many_statements_as_one(organization: Organization, owner: Membership) -> None:
    department = DepartmentFactory.create(organization=organization)

    def statements(number: int) -> tuple[int, int]:
        members = MembershipFactory.create_batch(
            number, organization=organization, roles=["Member", "Owner"], departments=[department]
        )
        for member in members:
            ResourceFactory.create_batch(2, organization=organization, owner=member.user)
        Membership.objects.filter(pk__in=[member.pk for member in members[::2]]).update(
            deactivated_at=timezone.now()
        )
        remove(*members, transfer_to=owner.user_id)
        with CaptureQueriesContext(connection) as previewed:
            preview(*members, owner)
        with CaptureQueriesContext(connection) as done:
            outcomes = restore(*members, owner)
        assert [code_of(outcome) for outcome in outcomes[:-1]] == ["restored"] * number
        return len(previewed), len(done)

    assert statements(5) == statements(2)
    assert Removal.objects.filter(restoration=None).count() == 0
