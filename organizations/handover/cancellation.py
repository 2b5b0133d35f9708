"""Cancels the tasks of removals that are undone."""

from collections.abc import Collection

from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from organizations.guards.caller import Caller
from organizations.models import Department, OffboardingTask, Restoration
from organizations.models.offboarding_task import OffboardingTaskQuerySet

State = OffboardingTask.State


def cancel_tasks(restorations: Collection[Restoration], *, caller: Caller) -> None:
    """Cancel the open and failed tasks of the removals that these new restorations undo.

    It sets ``cancelled_tasks`` and ``created_at`` on each. A failed task keeps who closed it and
    when, since the note is theirs. It locks all tasks of the removals, by id: a concurrent change
    waits, and then finds the restoration.
    """
    tasks = _of_removals(restorations)
    states = _set_cancelled(restorations, tasks.select_for_update().order_by("pk"))
    # After the locks, so that every task that was closed failed before this moment.
    now = timezone.now()
    for restoration in restorations:
        restoration.created_at = now
    if State.OPEN in states:
        department = Department.objects.filter(pk=OuterRef("assigned_to_department"))
        tasks.open().update(
            state=State.CANCELLED,
            closed_at=now,
            closed_by=caller.actor,
            closed_by_connection=caller.connection,
            department_name=Coalesce(Subquery(department.values("name")), F("department_name")),
        )
    if State.FAILED in states:
        tasks.filter(state=State.FAILED).update(state=State.CANCELLED)


def find_cancelled_tasks(restorations: Collection[Restoration]) -> None:
    """Set ``cancelled_tasks`` on each restoration that a preview plans; write nothing."""
    _set_cancelled(restorations, _of_removals(restorations).order_by("pk"))


def _of_removals(restorations: Collection[Restoration]) -> OffboardingTaskQuerySet:
    """Return the tasks of the removals that these restorations undo."""
    return OffboardingTask.objects.filter(
        removal__in=[restoration.removal_id for restoration in restorations]
    )


def _set_cancelled(
    restorations: Collection[Restoration], tasks: OffboardingTaskQuerySet
) -> set[str]:
    """Set on each restoration the tasks that it cancels; return the states of these tasks."""
    by_removal = {restoration.removal_id: restoration for restoration in restorations}
    for restoration in restorations:
        restoration.cancelled_tasks = []
    states = set()
    for task in tasks.only("removal", "state", "key", "title"):
        if task.state in OffboardingTask.CANCELLABLE:
            by_removal[task.removal_id].cancelled_tasks.append(task)
            states.add(task.state)
    return states
