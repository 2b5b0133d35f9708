"""Carries out the removals that are due, as a job of the worker."""

from collections.abc import Callable, Iterable, Iterator

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from procrastinate.contrib.django import app

from config.errors import ContractError
from config.request_timeouts import LIMITS
from config.retries import retried
from organizations.guards.caller import Caller, Operator, Person, Program, Staff
from organizations.guards.judge import find_missed_goals
from organizations.guards.transfer_targets import TARGET_NOT_FOUND, Goal, Targets
from organizations.locks import lock_members
from organizations.models import Event, ScheduledRemoval, Source
from organizations.removal.service import RemovalOutcome, remove_members
from organizations.schedule.service import event_data, targets_of

AT_A_TIME = 1000

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


# Jobs in the queue have this name. No queueing lock: a killed worker's job could not be put back
# into the queue while the next minute's job waits there.
@app.periodic(cron="* * * * *")
@app.task(queue="schedule", lock="carry_out_due", name="organizations.schedule.tasks.take_up_due")
def carry_out_due(timestamp: int = 0) -> None:
    """Carry out every removal that is due."""
    do_each(carry_out, _due())


@retried
def carry_out(schedule_id: str) -> None:
    """Carry out one schedule that is due, if it is still pending, by the rules that hold now.

    A refusal is recorded on the schedule and by an event, and the schedule is not tried again. A
    target that is gone does not stop the removal: resources of its types stay with the user, and an
    event names the types. Does not remove a user who left and became a member again.
    """
    schedules = ScheduledRemoval.objects.select_related("membership", "requested_by")
    schedule = schedules.get(pk=schedule_id)
    organization_id, user_id = schedule.organization_id, schedule.membership.user_id
    caller, targets = _requester_of(schedule), targets_of(schedule)
    with transaction.atomic():
        limit_waiting()
        locked = lock_members(organization_id, [user_id, *targets.heirs], caller=caller)
        pending = ScheduledRemoval.objects.filter(pk=schedule_id, status=schedule.Status.PENDING)
        if not pending.select_for_update() or locked.get(user_id) != schedule.membership_id:
            return
        missed: list[Goal] = []
        removal_id: str | None = None
        try:
            outcome = _remove(schedule, user_id, targets, caller)
            if isinstance(outcome.refusal, TARGET_NOT_FOUND):
                missed = find_missed_goals(
                    organization_id, targets, leaving=[user_id], locked=locked
                )
                outcome = _remove(schedule, user_id, targets.without(missed), caller)
            removal_id = outcome.removal_id
            refusal = outcome.refusal or next((goal.not_found() for goal in missed), None)
        except ContractError as error:
            refusal = error
        if removal_id:
            schedule.status, schedule.removal_id = schedule.Status.DONE, removal_id
        elif refusal:
            schedule.status, schedule.failure = schedule.Status.FAILED, refusal.code
        schedule.ended_at = timezone.now()
        schedule.save(update_fields=["status", "removal", "failure", "ended_at"])
        if refusal:
            Event.objects.record(
                caller.event(
                    Event.Type.REMOVAL_FAILED,
                    organization_id,
                    user_id=user_id,
                    reason="",  # the schedule has it
                    data={
                        **event_data(schedule),
                        "code": refusal.code,
                        "removal_id": removal_id,
                        "types": [goal.type for goal in missed if goal.type],
                        "rest": any(goal.type is None for goal in missed),
                    },
                )
            )


def _requester_of(schedule: ScheduledRemoval) -> Caller:
    """Return the requester as the caller of the removal, with the authority that they have now.

    A member needs the capability and an enabled account, a program the capability and an enabled
    connection, and staff the permission. A run of the command needs nothing.
    """
    acts_as: dict[str, type[Caller]] = {Source.COMMAND: Operator, Source.ADMIN: Staff}
    kind = Program if schedule.connection else acts_as.get(schedule.source, Person)
    return kind(
        actor=schedule.requested_by,
        connection=schedule.connection,
        source=Source.SCHEDULE,
        reason=schedule.reason,
        trace_id=schedule.trace_id,
    )


def _remove(
    schedule: ScheduledRemoval, user_id: str, targets: Targets, caller: Caller
) -> RemovalOutcome:
    """Remove the member. Raises the ContractError of a requester who may no longer do it."""
    [outcome] = remove_members(
        schedule.organization_id,
        [user_id],
        transfer_to=targets,
        caller=caller,
        requested_at=schedule.requested_at,
    )
    return outcome


def _due() -> Iterator[str]:
    """Yield the ids of due schedules, each once, the earliest first, a thousand to a query."""
    rest = Q()
    while (
        batch := list(
            ScheduledRemoval.objects.pending()
            .filter(rest, remove_at__lte=Now())  # the database's clock: a worker's may be wrong
            .order_by("remove_at", "pk")
            .values_list("remove_at", "pk")[:AT_A_TIME]
        )
    ):
        yield from (pk for _, pk in batch)
        at, last = batch[-1]
        rest = Q(remove_at__gt=at) | Q(remove_at=at, pk__gt=last)


def do_each(work: Callable[[str], None], ids: Iterable[str]) -> None:
    """Do the work for each id.

    An exception, such as a lock timeout, is logged and does not stop the others: the next minute's
    job tries that id again. Raises an exception that ended the connection.
    """
    for each in ids:
        try:
            work(each)
        except Exception:
            if not connection.is_usable():
                raise
            logger.exception("left_for_the_next_minute", id=each)


def limit_waiting() -> None:
    """Limit how long this transaction waits for a lock to what a request waits."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LIMITS["lock_timeout"]])
