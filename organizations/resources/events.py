"""What the log says of resources that changed owners: how many of each type."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from organizations.guards.caller import Caller
from organizations.guards.targets import event_data
from organizations.models import Event
from organizations.resources.rows import Row


def record_transfers(
    organization_id: str, passed_on: Iterable[tuple[Row, str | None]], *, caller: Caller
) -> None:
    """Write one event for each owner who lost resources to a target, with counts by type.

    A department that lost some is named in the data, since it is no user.
    """
    lost: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row, target in passed_on:
        lost[row.owner, target or ""].append(row)
    Event.objects.bulk_record(
        caller.event(
            Event.Type.RESOURCES_TRANSFERRED,
            organization_id,
            user_id=rows[0].owner_id,
            data={
                **event_data(target, len(rows)),
                **counts_by_type(rows),
                **({"from_department_id": owner} if rows[0].department_id else {}),
            },
        )
        for (owner, target), rows in sorted(lost.items())
    )


def counts_by_type(rows: Iterable[Row]) -> dict[str, object]:
    """Return how many resources of each type these are, as an event says it."""
    counts = Counter(row.type for row in rows)
    return {"resources": [{"type": slug, "count": counts[slug]} for slug in sorted(counts)]}
