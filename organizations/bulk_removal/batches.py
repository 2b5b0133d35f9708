"""Removing one batch of rows: whole, or not at all."""

from collections.abc import Sequence
from datetime import datetime

from organizations.bulk_removal.leavers import Leaver
from organizations.bulk_removal.order import RemovalOrder
from organizations.bulk_removal.people import Person, find_people
from organizations.bulk_removal.report import ALREADY_REMOVED, REMOVED, ReportRow
from organizations.capabilities import ALL_CAPABILITIES
from organizations.exceptions import UserNotFoundError
from organizations.models import Removal, Source
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.service import remove_members


def remove_batch(
    order: RemovalOrder, leavers: Sequence[Leaver], *, begun_at: datetime
) -> list[ReportRow]:
    """Remove those whom the rows mean, in one transaction; return what became of each row.

    ``begun_at`` is when this was first tried: an attempt may have been committed without an answer,
    and what the order removed since then is reported as done.
    """
    people = find_people(leavers)
    outcomes = remove_members(
        order.organization.pk,
        [person.user_id for person in people if person.user_id],
        transfer_to=order.targets(people),
        actor=order.actor,
        source=Source.COMMAND,
        authority=ALL_CAPABILITIES,
        reason=order.reason,
        trace_id=order.trace_id,
    )
    by_user = {outcome.user_id: outcome for outcome in outcomes}
    rows = []
    reported: set[str] = set()
    for person in people:
        outcome = by_user.get(person.user_id)
        first = person.user_id not in reported
        reported.add(person.user_id)
        rows.append(_row(person, outcome, order, first=first, begun_at=begun_at))
    return rows


def _row(
    person: Person,
    outcome: RemovalOutcome | None,
    order: RemovalOrder,
    *,
    first: bool,
    begun_at: datetime,
) -> ReportRow:
    """Return what became of one row; a second row of the same user finds them removed."""
    if outcome is None:
        return unknown_row(person)
    if outcome.removal_id:
        return ReportRow(
            person.user_id,
            person.email,
            REMOVED if first else ALREADY_REMOVED,
            outcome.role_count,
            outcome.department_count,
            outcome.resource_count,
            outcome.removal_id,
        )
    if earlier := outcome.earlier:
        by_this = earlier.trace_id == order.trace_id and earlier.created_at >= begun_at
        return earlier_row(person, earlier, REMOVED if first and by_this else ALREADY_REMOVED)
    code = outcome.refusal.code if outcome.refusal else UserNotFoundError.code
    return ReportRow(person.user_id, person.email, code)


def unknown_row(person: Person) -> ReportRow:
    """Return the row of who is and was no member; without an account, it is as in the input."""
    user_id = person.user_id or person.leaver.user_id
    return ReportRow(user_id, person.email, outcome=UserNotFoundError.code)


def earlier_row(person: Person, removal: Removal, outcome: str = ALREADY_REMOVED) -> ReportRow:
    """Return the row of somebody who was removed before, with what that removal took."""
    return ReportRow(
        person.user_id,
        person.email,
        outcome,
        len(removal.roles),
        len(removal.departments),
        removal.resource_count,
        removal.pk,
    )
