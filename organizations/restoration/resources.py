"""Returns resources to restored members, if they still bear the mark of the removal."""

from collections.abc import Collection
from pathlib import Path

from django.db import connection
from django.db.models import Sum

from organizations.models import RemovedResources, Restoration

UNDONE = Path(__file__).with_name("undone.sql").read_text(encoding="utf-8")
RETURNED = Path(__file__).with_name("returned.sql").read_text(encoding="utf-8")
_COUNT = f"WITH RECURSIVE {UNDONE} SELECT removal_id, count(*) FROM undone GROUP BY removal_id"  # noqa: S608 (our own text)
_RETURN = f"WITH RECURSIVE {UNDONE}, {RETURNED}"
# Locks the removals that are undone, and those whose marks are put back. Otherwise two concurrent
# restorations of a chain do not see each other, and put back the mark of a removal that is undone.
_LOCK = """
    SELECT
    FROM organizations_removal
    WHERE id IN (
        SELECT unnest(%(removal_ids)s::varchar[])
        UNION
        SELECT previous_removal_id
        FROM organizations_resourcemove
        WHERE removal_id = ANY (%(removal_ids)s::varchar[])
    )
    ORDER BY id
    FOR NO KEY UPDATE
"""


def count_resources(
    restorations: Collection[Restoration], *, already_undone: Collection[str]
) -> None:
    """Set on each restoration how many resources would come back, and how many would not.

    ``already_undone`` are removals that an earlier part of the preview would have undone.
    """
    _set_counts(restorations, _COUNT, already_undone)


def return_resources(restorations: Collection[Restoration]) -> None:
    """Return resources to the restored members; set how many came back, and how many did not.

    Of removals that moved the same resource, the latest is undone first. It waits for whoever
    undoes another removal of the same chain.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, {"removal_ids": [each.removal_id for each in restorations]})
    _set_counts(restorations, _RETURN)


def _set_counts(
    restorations: Collection[Restoration], sql: str, already_undone: Collection[str] = ()
) -> None:
    """Set both counts, without resources that passed to nobody: they did not move."""
    removal_ids = [restoration.removal_id for restoration in restorations]
    with connection.cursor() as cursor:
        cursor.execute(sql, {"removal_ids": [*removal_ids, *already_undone]})
        counts = dict(cursor.fetchall())
    moved = RemovedResources.objects.passed_on().filter(removal__in=removal_ids)
    moved_counts = dict(moved.values_list("removal").annotate(Sum("count")))
    for restoration in restorations:
        restoration.resource_count = counts.get(restoration.removal_id, 0)
        moved_count = moved_counts.get(restoration.removal_id, 0)
        restoration.resources_not_restored = moved_count - restoration.resource_count
