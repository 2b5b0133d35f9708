"""What a removal of many would do, foreseen batch by batch without a lock."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from organizations.bulk_removal.batches import earlier_row, unknown_row
from organizations.bulk_removal.leavers import Leaver
from organizations.bulk_removal.order import RemovalOrder
from organizations.bulk_removal.people import Person, find_people
from organizations.bulk_removal.report import ALREADY_REMOVED, REMOVED, ReportRow
from organizations.capabilities import ALL_CAPABILITIES
from organizations.removal.absence import explain_absence
from organizations.removal.preview import RemovalPreview, preview_removal


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What would become of one row, and the department that would take over, if any."""

    row: ReportRow
    department_id: str


def foresee(order: RemovalOrder, batches: Iterable[Sequence[Leaver]]) -> Iterator[list[Foreseen]]:
    """Return what `remove_batch` would report of each batch after the ones before it."""
    gone: set[int] = set()  # memberships that earlier rows would have ended
    owners_gone: set[int] = set()
    for batch in batches:
        people = find_people(batch)
        targets = order.targets(people)
        previews = _previews(order, people, targets, owners_gone)
        absent = [p.user_id for p in people if p.user_id and p.user_id not in previews]
        absences = explain_absence(order.organization.pk, absent, ALL_CAPABILITIES)
        foreseen = []
        for person in people:
            if preview := previews.get(person.user_id):
                member = preview.membership.pk
                row = _member_row(person, preview, is_gone=member in gone)
                if preview.can_be_removed:
                    gone.add(member)
                    if any(role.is_owner for role in preview.roles):
                        owners_gone.add(member)
            elif (absence := absences.get(person.user_id)) and (removal := absence.removal):
                row = earlier_row(person, removal)
            else:
                row = unknown_row(person)
            foreseen.append(Foreseen(row, targets.get(person.user_id, "")))
        yield foreseen


def _previews(
    order: RemovalOrder,
    people: Sequence[Person],
    targets: dict[str, str],
    owners_gone: set[int],
) -> dict[str, RemovalPreview]:
    """Return what would happen to those who are members today, by user id."""
    previews = preview_removal(
        order.organization.pk,
        [person.user_id for person in people if person.user_id],
        authority=ALL_CAPABILITIES,
        targets=targets,
        already_leaving=owners_gone,
    )
    return {preview.membership.user_id: preview for preview in previews}


def _member_row(person: Person, preview: RemovalPreview, *, is_gone: bool) -> ReportRow:
    """Return the row of somebody who is a member today, and perhaps gone by an earlier row."""
    if preview.blocked_by and not is_gone:
        return ReportRow(person.user_id, person.email, preview.blocked_by.code)
    return ReportRow(
        person.user_id,
        person.email,
        ALREADY_REMOVED if is_gone else REMOVED,
        len(preview.roles),
        len(preview.departments),
        preview.resource_count,
    )
