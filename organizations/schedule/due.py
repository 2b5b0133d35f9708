"""Carries out the removals that are due."""

from collections.abc import Iterator

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from config.errors import ContractError
from organizations.exceptions import DepartmentNotFoundError, TransferUserNotFoundError
from organizations.locks import lock_members
from organizations.models import Event, ScheduledRemoval, Source
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.service import remove_members
from organizations.retries import retried
from organizations.schedule.requester import authority_of
from organizations.schedule.service import event_data

AT_A_TIME = 1000


def carry_out_due() -> None:
    """Carry out every removal that is due, each in a transaction of its own."""
    for schedule_id in _due():
        carry_out(schedule_id)


@retried
def carry_out(schedule_id: str) -> None:
    """Carry out one schedule that is due, if it is still pending, by what holds now.

    What stands in the way is written on it, and told by an event: it is not tried again. An heir
    who is gone keeps nobody in: the removal is done, and the event says that the transfer is open.
    """
    schedule = ScheduledRemoval.objects.select_related("membership", "requested_by").get(
        pk=schedule_id
    )
    user_id = schedule.membership.user_id
    with transaction.atomic():
        locked = lock_members(
            schedule.organization_id, filter(None, [user_id, schedule.transferred_to_user_id])
        )
        pending = ScheduledRemoval.objects.filter(
            pk=schedule.pk, status=ScheduledRemoval.Status.PENDING
        )
        is_pending = pending.select_for_update().exists()
        if not is_pending or locked.get(user_id) != schedule.membership_id:
            return
        try:
            outcome, refusal = _remove(schedule, user_id)
        except ContractError as error:
            outcome, refusal = None, error
        if outcome and outcome.removal_id:
            pending.update(
                status=ScheduledRemoval.Status.DONE,
                removal=outcome.removal_id,
                ended_at=timezone.now(),
            )
        elif refusal:
            pending.update(
                status=ScheduledRemoval.Status.FAILED, failure=refusal.code, ended_at=timezone.now()
            )
        if refusal:
            Event.objects.record(
                type=Event.Type.REMOVAL_FAILED,
                organization_id=schedule.organization_id,
                user_id=user_id,
                actor=schedule.requested_by,
                source=Source.SCHEDULE,
                data={
                    **event_data(schedule),
                    "code": refusal.code,
                    "removal_id": outcome and outcome.removal_id,
                },
                trace_id=schedule.trace_id,
            )


def _remove(
    schedule: ScheduledRemoval, user_id: str
) -> tuple[RemovalOutcome | None, ContractError | None]:
    """Remove the member; return what became of it, and what stood in the way of some or all of it.

    Raises the ContractError of a requester who may no longer do it.
    """
    authority = authority_of(schedule)

    def remove(transfer_to: str | None) -> RemovalOutcome:
        [outcome] = remove_members(
            schedule.organization_id,
            [user_id],
            transfer_to=transfer_to,
            actor=schedule.requested_by,
            source=Source.SCHEDULE,
            authority=authority,
            reason=schedule.reason,
            trace_id=schedule.trace_id,
            requested_at=schedule.requested_at,
        )
        return outcome

    outcome = remove(schedule.transfer_to)
    refusal = outcome.refusal
    if isinstance(refusal, DepartmentNotFoundError | TransferUserNotFoundError):
        outcome = remove(None)
        refusal = outcome.refusal or refusal
    return outcome, refusal


def _due() -> Iterator[str]:
    """Yield the ids of what is due now, the earliest first, a thousand from the database at a time.

    Each once: what a fault kept pending is left for the next minute.
    """
    due = ScheduledRemoval.objects.pending().filter(remove_at__lte=timezone.now())
    rest = Q()
    while batch := list(
        due.filter(rest).order_by("remove_at", "pk").values_list("remove_at", "pk")[:AT_A_TIME]
    ):
        yield from (pk for _, pk in batch)
        at, last = batch[-1]
        rest = Q(remove_at__gt=at) | Q(remove_at=at, pk__gt=last)
