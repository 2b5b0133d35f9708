"""Two workers, as processes, that take up the same removals at once."""

import pytest

from organizations.models import Event, Removal, ScheduledRemoval
from organizations.schedule.due import take_up_due
from tests.factories import MembershipFactory
from tests.schedules import due
from tests.workers import until_every_job_is_done, working

MEMBERS = 40


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_do_each_due_removal_once() -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    for member in MembershipFactory.create_batch(MEMBERS, organization=owner.organization):
        due(member)

    with working(), working():
        for lock in ("one", "another"):  # in place of the one that lets them work in turn
            take_up_due.configure(lock=lock).defer(timestamp=0)
        until_every_job_is_done("schedule")

    assert ScheduledRemoval.objects.filter(status="done").count() == MEMBERS
    assert Removal.objects.count() == MEMBERS
    assert Event.objects.filter(type="member.removed").count() == MEMBERS
