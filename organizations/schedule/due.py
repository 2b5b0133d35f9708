"""Carries out the removals that are due, as a job of the worker."""

from collections.abc import Callable, Iterable, Iterator

import structlog
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from procrastinate.contrib.django import app

from config.errors import ContractError
from config.request_timeouts import LIMITS
from config.retries import retried
from organizations.guards.caller import Caller, Operator, Person, Program, Staff
from organizations.guards.judge import find_missed_goals
from organizations.guards.targets import TARGET_NOT_FOUND, Goal, Targets
from organizations.locks import lock_members
from organizations.models import Event, ScheduledRemoval, Source
from organizations.removal.service import RemovalOutcome, remove_members
from organizations.schedule.service import event_data, targets_of

AT_A_TIME = 1000

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()


# Has the name that jobs in the queue call it by. No queueing lock: a killed worker's job could not
# be put back while the next minute's waits.
@app.periodic(cron="* * * * *")
@app.task(queue="schedule", lock="carry_out_due", name="organizations.schedule.tasks.take_up_due")
def take_up_due(timestamp: int) -> None:
    """Carry out every removal that is due."""
    carry_out_due()


def carry_out_due() -> None:
    """Carry out every removal that is due."""
    do_each(carry_out, _due())


@retried
def carry_out(schedule_id: str) -> None:
    """Carry out one schedule that is due, if it is still pending, by the rules that hold now.

    A refusal is recorded on the schedule and by an event, and the schedule is not tried again. A
    target that is gone loses its own types alone: the member is removed all the same, what would
    have passed there stays theirs, and the event names the types. It does not remove somebody who
    left and came back.
    """
    schedules = ScheduledRemoval.objects.select_related("membership", "requested_by")
    found = schedules.get(pk=schedule_id)
    user_id, targets = found.membership.user_id, targets_of(found)
    caller = _requester_of(found)
    with transaction.atomic():
        limit_waiting()
        locked = lock_members(found.organization_id, [user_id, *targets.heirs], caller=caller)
        pending = schedules.filter(pk=schedule_id, status=ScheduledRemoval.Status.PENDING)
        schedule = pending.select_for_update(of=["self"]).first()
        if schedule is None or locked.get(user_id) != schedule.membership_id:
            return
        missed: list[Goal] = []
        try:
            outcome = _remove(schedule, user_id, targets, caller)
            if isinstance(outcome.refusal, TARGET_NOT_FOUND):
                missed = find_missed_goals(
                    found.organization_id, targets, leaving=[user_id], locked=locked
                )
                outcome = _remove(schedule, user_id, targets.without(missed), caller)
            refusal = outcome.refusal or next((goal.not_found() for goal in missed), None)
        except ContractError as error:
            outcome, refusal = None, error
        if outcome and outcome.removal_id:
            schedule.status, schedule.removal_id = schedule.Status.DONE, outcome.removal_id
        elif refusal:
            schedule.status, schedule.failure = schedule.Status.FAILED, refusal.code
        schedule.ended_at = timezone.now()
        schedule.save(update_fields=["status", "removal", "failure", "ended_at"])
        if refusal:
            Event.objects.record(
                caller.event(
                    Event.Type.REMOVAL_FAILED,
                    schedule.organization_id,
                    user_id=user_id,
                    reason="",  # it is on the schedule
                    data={
                        **event_data(schedule),
                        "code": refusal.code,
                        "removal_id": outcome and outcome.removal_id,
                        "types": [goal.type for goal in missed if goal.type],
                        "rest": any(goal.type is None for goal in missed),
                    },
                )
            )


def _requester_of(schedule: ScheduledRemoval) -> Caller:
    """Return the requester as the caller of the removal, with the authority that they have now.

    A member needs the capability and a working account, a program the capability and a connection
    that is not revoked, and staff the permission. A run of the command needs neither.
    """
    if schedule.connection:
        return Program(
            connection=schedule.connection,
            source=Source.SCHEDULE,
            reason=schedule.reason,
            trace_id=schedule.trace_id,
        )
    acts_as: dict[str, type[Caller]] = {Source.COMMAND: Operator, Source.ADMIN: Staff}
    return acts_as.get(schedule.source, Person)(
        actor=schedule.requested_by,
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
    """Yield the ids of due schedules, each once, the earliest first, a thousand to a query.

    A schedule that a fault kept pending is left for the next minute.
    """
    rest = Q()
    while batch := list(
        ScheduledRemoval.objects.pending()
        .filter(rest, remove_at__lte=timezone.now())
        .order_by("remove_at", "pk")
        .values_list("remove_at", "pk")[:AT_A_TIME]
    ):
        yield from (pk for _, pk in batch)
        at, last = batch[-1]
        rest = Q(remove_at__gt=at) | Q(remove_at=at, pk__gt=last)


def do_each(work: Callable[[str], None], ids: Iterable[str]) -> None:
    """Do the work for each id.

    A fault, such as a member who is locked for long, does not stop the others: it is logged, and
    that id comes again the next minute. Raises a fault that ended the connection.
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
