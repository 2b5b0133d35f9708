"""A worker that is killed in the middle of a removal leaves all of it or nothing, and no loss."""

from datetime import timedelta

import pytest
from django.db import transaction

from organizations.models import Event, Membership, Removal, Resource
from organizations.schedule.due import carry_out_due
from tests.concurrency import until_nobody_else_is_at_work, until_somebody_waits_for_a_lock
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.schedules import due
from tests.workers import take_up_stalled, work, working

pytestmark = pytest.mark.django_db(transaction=True)

TWO_MINUTES = timedelta(minutes=2)


def test_a_worker_is_killed_in_the_middle_of_a_removal_and_the_next_one_removes_once() -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    department = DepartmentFactory.create(organization=owner.organization)
    member = MembershipFactory.create(organization=owner.organization, roles=["Member", "Admin"])
    resource = ResourceFactory.create(organization=owner.organization, owner=member.user)
    scheduled = due(member, transfer_to=department.pk)
    carry_out_due.configure().defer(timestamp=0)

    with transaction.atomic():
        # The resource is locked, so the removal stops halfway: roles are deleted.
        Resource.objects.select_for_update().get()
        with working() as worker:
            until_somebody_waits_for_a_lock()
            worker.process.kill()
            worker.process.wait(20)
    until_nobody_else_is_at_work()

    scheduled.refresh_from_db()
    assert scheduled.status == "pending"
    assert Membership.objects.get(pk=member.pk).role_assignments.count() == 2
    assert not Removal.objects.exists()

    carry_out_due.configure().defer(timestamp=60)  # the next minute's, which waits
    take_up_stalled(after=TWO_MINUTES)
    work("schedule")

    scheduled.refresh_from_db()
    resource.refresh_from_db()
    assert (scheduled.status, scheduled.removal) == ("done", Removal.objects.get())
    assert resource.department == department
    assert Event.objects.filter(type="member.removed").count() == 1
