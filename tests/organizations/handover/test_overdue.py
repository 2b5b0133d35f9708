"""Which tasks the worker reports as overdue."""

from datetime import timedelta

import pytest
from django.utils import timezone

from organizations.handover.closing import State
from organizations.handover.overdue import report_overdue
from organizations.models import Event, OffboardingTask, Organization
from tests.clocks import set_clock_ahead
from tests.factories import OffboardingTaskFactory
from tests.organizations.handover.verbs import change

pytestmark = pytest.mark.django_db


def test_a_task_is_reported_once_when_it_is_overdue(organization: Organization) -> None:
    now = timezone.now()
    late = OffboardingTaskFactory.create(organization=organization, due_at=now)
    closed = OffboardingTaskFactory.create(organization=organization, due_at=now)
    OffboardingTaskFactory.create(organization=organization, due_at=now + timedelta(hours=1))
    OffboardingTaskFactory.create(organization=organization)
    change(closed)

    for _ in range(2):
        report_overdue()
    change(late)
    change(late, State.OPEN)
    report_overdue()

    [event] = Event.objects.filter(type="task.overdue")
    assert event.data["task_id"] == late.pk
    assert (event.user, event.source) == (late.removal.membership.user, "schedule")
    assert list(OffboardingTask.objects.overdue(timezone.now())) == [late]


def test_by_a_wrong_clock_of_the_worker_no_task_is_reported(
    monkeypatch: pytest.MonkeyPatch, organization: Organization
) -> None:
    an_hour_later = timezone.now() + timedelta(hours=1)
    OffboardingTaskFactory.create(organization=organization, due_at=an_hour_later)

    set_clock_ahead(monkeypatch)
    report_overdue()

    assert not Event.objects.filter(type="task.overdue").exists()
