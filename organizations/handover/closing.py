"""Closes tasks and opens them again, for every caller."""

from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from config.api.choices import must_be_one_of
from config.api.errors import InvalidFieldsError
from config.retries import retried
from organizations.exceptions import (
    InsufficientPermissionsError,
    TaskCancelledError,
    TaskNotFoundError,
)
from organizations.guards.acts import CHANGE_TASK
from organizations.guards.caller import Caller
from organizations.locks import share_members
from organizations.models import Department, Event, OffboardingTask, Restoration
from organizations.valid_fields import require_valid

State = OffboardingTask.State
CHOSEN = (State.OPEN, State.DONE, State.FAILED, State.SKIPPED)  # a restoration alone cancels


@dataclass(frozen=True, slots=True)
class TaskChange:
    """The state that a task gets, with a note, and with how much a system passed on.

    None leaves the note or the count as it is if the state stays, and empties it otherwise.
    """

    state: State
    note: str | None = None
    count: int | None = None


@retried
@transaction.atomic
def change_task(
    organization_id: str, task_id: str, change: TaskChange, *, caller: Caller
) -> tuple[OffboardingTask, bool]:
    """Close a task, or open it again; return it, and whether that changed anything.

    The caller needs the capability to remove users, or owns the task. The task is locked first: of
    two concurrent changes the later one stands, and both are in the log. A repeated change writes
    nothing. Raises InvalidFieldsError, TaskCancelledError once the removal is undone,
    TaskNotFoundError, and InsufficientPermissionsError, also for a task that does not exist.
    """
    if change.state not in CHOSEN:
        raise InvalidFieldsError({"state": [must_be_one_of(CHOSEN, change.state)]})
    task = _lock(organization_id, task_id, caller)
    before = task.state
    stays = change.state == before
    note = change.note if change.note is not None else task.note if stays else ""
    count = change.count if change.count is not None else task.count if stays else None
    if (change.state, note, count) == (before, task.note, task.count):
        return task, False
    if restoration := Restoration.objects.filter(removal=task.removal_id).first():
        raise TaskCancelledError(
            {
                "task_id": task.pk,
                "removal_id": task.removal_id,
                "restoration_id": restoration.pk,
            }
        )
    task.state, task.note, task.count = change.state, note, count
    require_valid(task, ("note", "count"))
    if change.state != State.OPEN:
        _close(task, caller)
    elif before != State.OPEN:
        _reopen(task)
    task.save()
    _record(task, before, caller)
    return task, True


def _lock(organization_id: str, task_id: str, caller: Caller) -> OffboardingTask:
    """Lock what lets the caller act, then the task; return it as it is then.

    Raises TaskNotFoundError, and as `Caller.authority` for one whose own the task is not.
    """
    # Staff can have the task as a member, too: their membership is locked as well.
    share_members(organization_id, [caller.actor.pk] if caller.actor else (), caller=caller)
    tasks = OffboardingTask.objects.named(task_id).filter(organization=organization_id)
    not_found: TaskNotFoundError | InsufficientPermissionsError
    not_found = TaskNotFoundError({"task_id": task_id})
    try:
        caller.authority(organization_id, CHANGE_TASK)
    except InsufficientPermissionsError as refusal:
        not_found, tasks = refusal, tasks.assigned_to(caller)
    task = tasks.select_related("removal__membership").select_for_update(of=["self"]).first()
    if task is None:
        raise not_found
    return task


def _close(task: OffboardingTask, caller: Caller) -> None:
    """Set when and by whom the task is closed, and the name of its department."""
    if not task.closed_at and task.assigned_to_department_id:
        department = Department.objects.get(pk=task.assigned_to_department_id)
        task.department_name = department.name
    task.closed_at = timezone.now()
    task.closed_by, task.closed_by_connection = caller.actor, caller.connection


def _reopen(task: OffboardingTask) -> None:
    """Empty who closed it, and its department if that was deleted meanwhile.

    Otherwise it drops the department's name, which may change while the task is open.
    """
    task.closed_at = task.closed_by = task.closed_by_connection = None
    if Department.objects.filter(pk=task.assigned_to_department_id).exists():
        task.department_name = ""
    else:
        task.assigned_to_department = None


def _record(task: OffboardingTask, before: str, caller: Caller) -> None:
    """Write the event, unless only the note of an open task has changed."""
    data: dict[str, object] = {"removal_id": task.removal_id, "task_id": task.pk, "key": task.key}
    if task.state != State.OPEN:
        event_type = Event.Type.TASK_CLOSED
        data |= {"state": task.state, "count": task.count}
    elif before != State.OPEN:
        event_type = Event.Type.TASK_REOPENED
    else:
        return
    Event.objects.record(
        caller.event(
            event_type,
            task.organization_id,
            user_id=task.removal.membership.user_id,
            data=data,
        )
    )
