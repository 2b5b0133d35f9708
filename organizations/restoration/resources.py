"""Resources come back on a restoration if they are still where the removal put them."""

from collections import Counter
from collections.abc import Collection

from django.db.models import Count, OuterRef, Subquery

from organizations.models import Removal, Resource, Restoration


def count_resources(restorations: Collection[Restoration]) -> None:
    """Set on each restoration how many resources would come back, and how many would not."""
    moved = Resource.objects.where_removals_put_them(_removal_ids(restorations))
    counts = moved.values_list("removal").annotate(Count("pk")).order_by()
    _write_down(restorations, Counter(dict(counts)))


def return_resources(restorations: Collection[Restoration]) -> None:
    """Return resources to the restored members; set how many came back, and how many did not.

    They are locked first: one that passes on at this moment is no longer where a removal put it.
    """
    moved = dict(
        Resource.objects.where_removals_put_them(_removal_ids(restorations))
        .select_for_update(of=("self",), no_key=True)
        .values_list("pk", "removal")
    )
    leaver = Removal.objects.filter(pk=OuterRef("removal")).values("membership__user")
    Resource.objects.filter(pk__in=moved).update(
        owner=Subquery(leaver), department=None, removal=None
    )
    _write_down(restorations, Counter(moved.values()))


def _removal_ids(restorations: Collection[Restoration]) -> list[str]:
    return [restoration.removal_id for restoration in restorations]


def _write_down(restorations: Collection[Restoration], counts: Counter[str]) -> None:
    """Set both counts; without a transfer nothing moved, and nothing has to come back."""
    for restoration in restorations:
        removal = restoration.removal
        passed_on = removal.transferred_to_id or removal.transferred_to_user_id
        moved = removal.resource_count if passed_on else 0
        restoration.resource_count = counts[removal.pk]
        restoration.resources_not_restored = moved - restoration.resource_count
