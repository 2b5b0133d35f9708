"""What becomes of a removal when it is due."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from organizations.guards.transfer_targets import Targets
from organizations.models import Event, Membership, Removal, Resource, Source
from organizations.schedule.due import carry_out_due
from tests.clocks import set_clock_ahead
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, UserFactory
from tests.removals import remove
from tests.schedules import due, schedule
from users.models import User


def staff_who_may_remove() -> User:
    staff = UserFactory.create(is_staff=True)
    permissions = Permission.objects.filter(codename__in=["remove_membership", "view_membership"])
    staff.user_permissions.add(*permissions)
    return staff


def test_it_is_done_as_it_was_scheduled(owner: Membership, member: Membership) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    ResourceFactory.create(organization=owner.organization, owner=member.user)
    scheduled = due(
        member, transfer_to=department.pk, actor=owner.user, source=Source.API, reason="Contract"
    )

    carry_out_due()

    scheduled.refresh_from_db()
    removal = Removal.objects.get()
    assert (scheduled.status, scheduled.removal) == ("done", removal)
    assert (removal.source, removal.actor) == ("schedule", owner.user)
    assert removal.reason == "Contract"
    assert removal.requested_at == scheduled.requested_at
    assert removal.created_at > scheduled.requested_at
    assert Resource.objects.get().department == department


def test_before_its_time_nothing_is_done(member: Membership) -> None:
    schedule(member, remove_at=timezone.now() + timedelta(minutes=1))

    carry_out_due()

    member.refresh_from_db()
    assert member.is_current


def test_by_a_wrong_clock_of_the_worker_nothing_is_done(
    monkeypatch: pytest.MonkeyPatch, member: Membership
) -> None:
    schedule(member, remove_at=timezone.now() + timedelta(minutes=1))

    set_clock_ahead(monkeypatch)
    carry_out_due()

    member.refresh_from_db()
    assert member.is_current


def test_who_was_deactivated_meanwhile_is_removed_by_it(member: Membership) -> None:
    scheduled = due(member)
    deactivate(member)

    carry_out_due()

    scheduled.refresh_from_db()
    member.refresh_from_db()
    assert (scheduled.status, member.is_current) == ("done", False)


def test_who_came_back_is_not_removed_by_it(member: Membership) -> None:
    scheduled = due(member)
    remove(member)
    again = MembershipFactory.create(organization=member.organization, user=member.user)

    carry_out_due()

    again.refresh_from_db()
    scheduled.refresh_from_db()
    assert again.is_current
    assert scheduled.state == "superseded"


def demote(requester: Membership) -> None:
    requester.role_assignments.all().delete()


def leave(requester: Membership) -> None:
    remove(requester)


def disable(requester: Membership) -> None:
    User.objects.filter(pk=requester.user_id).update(is_active=False)


@pytest.mark.parametrize(
    ("lose", "code"),
    [
        (demote, "INSUFFICIENT_PERMISSIONS"),
        (leave, "ORGANIZATION_ACCESS_DENIED"),
        (disable, "ORGANIZATION_ACCESS_DENIED"),
    ],
)
def test_it_fails_for_whoever_may_no_longer_remove(
    owner: Membership, member: Membership, lose: Callable[[Membership], None], code: str
) -> None:
    admin = MembershipFactory.create(organization=owner.organization, roles=["Admin"])
    scheduled = due(member, actor=admin.user, source=Source.API)
    lose(admin)

    carry_out_due()

    scheduled.refresh_from_db()
    member.refresh_from_db()
    assert (scheduled.status, scheduled.failure) == ("failed", code)
    assert member.is_current
    event = Event.objects.get(type="removal.failed")
    assert (event.user, event.data["code"]) == (member.user, code)


@pytest.mark.parametrize("lost", [None, "remove_membership", "view_membership"])
def test_staff_need_their_permissions_when_it_is_due(member: Membership, lost: str | None) -> None:
    staff = staff_who_may_remove()
    scheduled = due(member, actor=staff, source=Source.ADMIN)
    staff.user_permissions.remove(*Permission.objects.filter(codename=lost))

    carry_out_due()

    scheduled.refresh_from_db()
    assert scheduled.status == ("failed" if lost else "done")


def test_a_last_owner_stays_and_it_is_not_tried_again(owner: Membership) -> None:
    scheduled = due(owner)

    carry_out_due()
    carry_out_due()

    scheduled.refresh_from_db()
    owner.refresh_from_db()
    assert scheduled.failure == "LAST_OWNER_CANNOT_BE_REMOVED"
    assert owner.is_current
    assert Event.objects.filter(type="removal.failed").count() == 1


def test_a_target_that_is_gone_loses_its_own_types_alone(
    owner: Membership, member: Membership
) -> None:
    gone, heir = MembershipFactory.create_batch(2, organization=owner.organization)
    department = DepartmentFactory.create(organization=owner.organization)
    resources = {
        type_name: ResourceFactory.create(
            organization=owner.organization, owner=member.user, type=type_name
        )
        for type_name in ("approval", "document", "page", "repository")
    }
    by_type = {"approval": gone.user_id, "document": heir.user_id, "page": gone.user_id}
    scheduled = due(member, transfer_to=Targets(department.pk, by_type))
    remove(gone)

    carry_out_due()

    scheduled.refresh_from_db()
    for resource in resources.values():
        resource.refresh_from_db()
    assert scheduled.status == "done"
    assert {name: r.owner or r.department for name, r in resources.items()} == {
        "approval": member.user,
        "document": heir.user,
        "page": member.user,
        "repository": department,
    }
    data = Event.objects.get(type="removal.failed").data
    assert (data["types"], data["rest"]) == (["approval", "page"], False)
    assert data["code"] == "TRANSFER_USER_NOT_FOUND"


def test_a_default_that_is_gone_keeps_nobody_in_and_loses_what_is_of_no_named_type(
    owner: Membership, member: Membership
) -> None:
    gone, heir = MembershipFactory.create_batch(2, organization=owner.organization)
    repository, document = (
        ResourceFactory.create(organization=owner.organization, owner=member.user, type=type_name)
        for type_name in ("repository", "document")
    )
    scheduled = due(member, transfer_to=Targets(gone.user_id, {"repository": heir.user_id}))
    remove(gone)

    carry_out_due()

    scheduled.refresh_from_db()
    repository.refresh_from_db()
    document.refresh_from_db()
    assert (repository.owner, document.owner) == (heir.user, member.user)
    data = Event.objects.get(type="removal.failed").data
    assert (data["types"], data["rest"]) == ([], True)
    assert (scheduled.status, scheduled.removal_id) == ("done", data["removal_id"])


def test_more_than_a_thousand_are_all_carried_out(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.schedule.due.AT_A_TIME", 3)
    members = MembershipFactory.create_batch(7, organization=owner.organization)
    schedule(*members, remove_at=timezone.now())

    carry_out_due()

    assert Removal.objects.count() == 7
