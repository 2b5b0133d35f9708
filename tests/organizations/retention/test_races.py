"""What happens at the same moment as a deletion of what is old, on real connections."""

from contextlib import ExitStack, suppress
from datetime import timedelta
from functools import partial

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from organizations.handover.closing import State
from organizations.models import Event, OffboardingTask, Organization
from organizations.retention.service import delete_closed_tasks, delete_old_events
from tests.concurrency import in_background, result_after, until_somebody_waits_for_a_lock
from tests.factories import (
    EventFactory,
    MembershipFactory,
    OffboardingTaskFactory,
    OrganizationFactory,
    UserFactory,
)
from tests.organizations.handover.verbs import change
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_task_that_is_opened_meanwhile_stays_and_the_others_go() -> None:
    long_ago = timezone.now() - timedelta(days=400)
    opened, _ = OffboardingTaskFactory.create_batch(2, state=State.DONE, closed_at=long_ago)

    deleted = result_after(
        lambda: change(opened, State.OPEN),
        lambda: delete_closed_tasks(kept_from=timezone.now() - timedelta(days=365)),
    )

    assert deleted == 1
    assert OffboardingTask.objects.get() == opened


def come_back(user: User, organization: Organization) -> None:
    """Make somebody a member again, and empty a reason about them."""
    MembershipFactory.create(organization=organization, user=user)
    Event.objects.filter(user=user).update(reason="")


def test_a_deadlock_with_an_erasure_keeps_no_closed_task() -> None:
    now = timezone.now()
    first, last = (
        OffboardingTaskFactory.create(state=State.DONE, closed_at=now - timedelta(days=days))
        for days in (400, 399)
    )
    deleting = partial(delete_closed_tasks, kept_from=now - timedelta(days=365))

    with ExitStack() as both:
        # Locked in another order than they are deleted. PostgreSQL undoes whichever it likes.
        with suppress(OperationalError), transaction.atomic():
            OffboardingTask.objects.select_for_update().get(pk=last.pk)
            waiting = both.enter_context(in_background(deleting))
            until_somebody_waits_for_a_lock()
            OffboardingTask.objects.select_for_update().get(pk=first.pk)
        assert waiting.result() == 2

    assert not OffboardingTask.objects.exists()


def test_the_events_of_whoever_comes_back_meanwhile_stay_and_the_others_go() -> None:
    organization, long_ago = OrganizationFactory.create(), timezone.now() - timedelta(days=400)
    returning, gone = UserFactory.create_batch(2)
    for user in (returning, gone):
        EventFactory.create(
            organization=organization, user=user, reason="Theirs", created_at=long_ago
        )

    deleted = result_after(
        lambda: come_back(returning, organization),
        lambda: delete_old_events(organization.pk, kept_from=timezone.now() - timedelta(days=365)),
    )

    assert deleted == 1
    assert Event.objects.get(user__in=[returning, gone]).user == returning
