"""Tasks as tests change them, by people and programs who may do only what is theirs."""

from organizations.guards.caller import Caller, Person, Program, Staff
from organizations.handover.closing import State, TaskChange, change_task
from organizations.models import Connection, Membership, OffboardingTask, Removal
from tests.callers import CallerWith
from tests.removals import remove
from users.models import User


def by(who: Membership | Connection | User) -> Caller:
    """Return a member, a program or staff as a caller."""
    match who:
        case Membership():
            return Person(actor=who.user)
        case Connection():
            return Program(connection=who)
    return Staff(actor=who)


def change(
    task: OffboardingTask,
    state: State = State.DONE,
    *,
    note: str | None = None,
    count: int | None = None,
    caller: Caller | None = None,
) -> bool:
    """Change a task, by somebody who may do anything if nobody is named; tell whether it did."""
    _, changed = change_task(
        task.organization_id,
        task.pk,
        TaskChange(state, note=note, count=count),
        caller=caller or CallerWith(),
    )
    task.refresh_from_db()
    return changed


def removed(member: Membership) -> list[OffboardingTask]:
    """Remove a member; return the tasks that this opened, in their order."""
    remove(member)
    return list(Removal.objects.get(membership=member).tasks.order_by("pk"))
