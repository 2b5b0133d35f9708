"""Invariant 9, attacked past the services: what is history agrees with what it names."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone

from organizations.models import (
    Membership,
    Organization,
    Removal,
    Resource,
    ResourceMove,
    Restoration,
    Role,
    ScheduledRemoval,
    Source,
)
from organizations.schedule.due import carry_out_due
from organizations.schedule.service import cancel_scheduled_removal
from tests.callers import CallerWith
from tests.concurrency import result_after
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
)
from tests.refusals import check_deferred, refused, sql
from tests.removals import remove
from tests.schedules import due


@pytest.fixture
def removal(owner: Membership) -> Removal:
    """The removal of somebody whose resource passed to a department."""
    return removal_in(owner.organization)


def removal_in(organization: Organization) -> Removal:
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=member.user)
    remove(member, transfer_to=DepartmentFactory.create(organization=organization).pk)
    return Removal.objects.get(membership=member)


@pytest.mark.parametrize("days", [-1, 1])
def test_9_an_ended_membership_ends_when_its_record_says(removal: Removal, days: int) -> None:
    with refused("membership_ends_with_its_record"), transaction.atomic():
        Membership.objects.filter(pk=removal.membership_id).update(
            deleted_at=removal.created_at + timedelta(days=days)
        )
        check_deferred()


def test_9_a_record_of_another_moment_ends_no_membership(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)

    with refused("membership_ends_with_its_record"), transaction.atomic():
        Membership.objects.filter(pk=member.pk).update(deleted_at=timezone.now())
        Removal.objects.create(
            organization=member.organization,
            membership=member,
            source=Source.COMMAND,
            roles=[],
            departments=[],
            resource_count=0,
            created_at=timezone.now() + timedelta(seconds=1),
        )
        check_deferred()


def restoration_of(removal: Removal, membership: Membership) -> Restoration:
    return Restoration(
        removal=removal,
        membership=membership,
        source=Source.ADMIN,
        roles=[],
        departments=[],
        resource_count=0,
    )


def another_of_the_organization(removal: Removal) -> Membership:
    return MembershipFactory.create(organization=removal.organization)


def theirs_elsewhere(removal: Removal) -> Membership:
    return MembershipFactory.create(user=removal.membership.user)


def the_one_that_ended(removal: Removal) -> Membership:
    return removal.membership


@pytest.mark.parametrize(
    "wrong", [another_of_the_organization, theirs_elsewhere, the_one_that_ended]
)
def test_9_a_restoration_names_a_later_membership_of_whom_the_removal_removed(
    removal: Removal, wrong: Callable[[Removal], Membership]
) -> None:
    restoration = restoration_of(removal, wrong(removal))

    with refused("a later membership to whom its removal removed"):
        restoration.save()


def test_9_one_wrong_restoration_among_many_is_refused(owner: Membership) -> None:
    removals = [removal_in(owner.organization) for _ in range(3)]
    again = [
        MembershipFactory.create(organization=owner.organization, user=user)
        for user in (removals[0].membership.user, removals[1].membership.user)
    ]

    with refused("a later membership to whom its removal removed"):
        Restoration.objects.bulk_create(map(restoration_of, removals[:2], reversed(again)))


def done(owner: Membership) -> ScheduledRemoval:
    made = pending(owner)
    carry_out_due()
    return made


def failed(owner: Membership) -> ScheduledRemoval:
    """A schedule that a last owner failed, since there is nobody else."""
    made = due(owner, reason="She left on Friday")
    carry_out_due()
    return made


def cancelled(owner: Membership) -> ScheduledRemoval:
    made = pending(owner)
    cancel_scheduled_removal(
        made.organization_id, made.membership.user_id, caller=CallerWith(actor=owner.user)
    )
    return made


def pending(owner: Membership) -> ScheduledRemoval:
    member = MembershipFactory.create(organization=owner.organization)
    return due(member, reason="She left on Friday")


ends = pytest.mark.parametrize("end", [done, failed, cancelled])


@ends
@pytest.mark.parametrize(
    "change",
    [
        "status = 'pending', ended_at = NULL, removal_id = NULL, failure = ''",
        "status = 'cancelled', removal_id = NULL, failure = '', ended_at = '2026-01-01'",
        "status = 'failed', removal_id = NULL, failure = 'ANOTHER'",
        "ended_at = now() + interval '1 day'",
        "cancelled_by_id = (SELECT id FROM users_user WHERE id <> coalesce(cancelled_by_id, '')"
        " LIMIT 1)",
        "cancelled_by_connection_id = 'con_another'",
        "remove_at = now() + interval '1 day'",
        "reason = 'another'",
    ],
)
def test_9_a_schedule_that_has_ended_stays_as_it_is(
    owner: Membership, end: Callable[[Membership], ScheduledRemoval], change: str
) -> None:
    ended = end(owner)

    with refused("Cannot update"):
        sql(
            f"UPDATE organizations_scheduledremoval SET {change} WHERE id = %s",  # noqa: S608
            ended.pk,
        )


@ends
def test_9_an_erasure_empties_the_reason_of_a_schedule_that_has_ended(
    owner: Membership, end: Callable[[Membership], ScheduledRemoval]
) -> None:
    ended = end(owner)

    ScheduledRemoval.objects.filter(pk=ended.pk).update(reason="")

    ended.refresh_from_db()
    assert ended.reason == ""
    assert ended.status == end.__name__


def test_9_a_schedule_is_done_by_the_removal_of_its_own_member(
    owner: Membership, removal: Removal
) -> None:
    made = pending(owner)

    with refused("the removal of its own member"):
        ScheduledRemoval.objects.filter(pk=made.pk).update(
            status="done", removal=removal, ended_at=timezone.now()
        )


@pytest.mark.django_db(transaction=True)
def test_9_who_read_a_schedule_before_it_ended_does_not_take_that_back() -> None:
    """A page that was opened while it was pending, and saved after the cancellation."""
    owner = MembershipFactory.create(roles=["Owner"])
    stale = pending(owner)

    cancel = partial(
        cancel_scheduled_removal,
        *(owner.organization_id, stale.membership.user_id),
        caller=CallerWith(),
    )

    with refused("Cannot update rows"):
        result_after(cancel, stale.save)

    assert ScheduledRemoval.objects.get().status == "cancelled"


def test_9_a_mark_is_of_a_removal_of_the_resources_organization(
    owner: Membership, removal: Removal
) -> None:
    foreign = MembershipFactory.create(roles=["Owner"])
    resource = ResourceFactory.create(organization=foreign.organization, owner=foreign.user)

    with (
        transaction.atomic(),
        refused("moved by a removal of its organization"),
        transaction.atomic(),
    ):
        Resource.objects.filter(pk=resource.pk).update(removal=removal)
    with refused("moved by a removal of its organization"):
        ResourceFactory.create(
            organization=foreign.organization, owner=foreign.user, removal=removal
        )


def test_9_a_removal_that_a_resource_names_is_one_that_there_is(removal: Removal) -> None:
    with refused("moved by a removal of its organization"):
        Resource.objects.update(removal_id="rem_none")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE organizations_resourcemove SET name = 'another'",
        "UPDATE organizations_resourcemove SET previous_removal_id = removal_id",
        "DELETE FROM organizations_resourcemove",
    ],
)
def test_9_a_move_is_never_changed_or_deleted(removal: Removal, statement: str) -> None:
    with refused("Cannot update or delete rows"):
        sql(statement)


def test_9_a_move_is_of_one_resource_once_and_to_one_target(
    owner: Membership, removal: Removal
) -> None:
    [move] = ResourceMove.objects.all()
    fields = {"removal": removal, "name": "thing"}

    with refused("organizations_resourcemove_pkey"), transaction.atomic():
        ResourceMove.objects.bulk_create(
            [ResourceMove(resource=move.resource, transferred_to_user=owner.user, **fields)]
        )
    with refused("resource_move_has_one_target"), transaction.atomic():
        ResourceMove.objects.create(resource_id="res_another", **fields)


def test_9_the_owner_role_keeps_its_capability(organization: Organization) -> None:
    with refused("owner_role_keeps_its_capability"):
        Role.objects.filter(organization=organization).update(capabilities=["manage_users"])


def test_9_other_roles_lose_theirs(organization: Organization) -> None:
    Role.objects.filter(organization=organization, is_owner=False).update(capabilities=[])

    assert not organization.roles.get(name="Admin").capabilities
