"""On whose behalf a removal that is due is carried out."""

from organizations.guards.caller import Caller, Operator, Person, Staff
from organizations.models import ScheduledRemoval, Source


def requester_of(schedule: ScheduledRemoval) -> Caller:
    """Return who asked for it, as the caller of a removal now: what they may do counts by then.

    So a member needs the capability and a working account, and staff the permission; a run of the
    command holds as it was given.
    """
    acts_as: dict[str, type[Caller]] = {Source.COMMAND: Operator, Source.ADMIN: Staff}
    return acts_as.get(schedule.source, Person)(
        actor=schedule.requested_by,
        source=Source.SCHEDULE,
        reason=schedule.reason,
        trace_id=schedule.trace_id,
    )
