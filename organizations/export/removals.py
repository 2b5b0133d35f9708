"""The columns of the CSV file of removals."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from django.db.models import Prefetch

from organizations.export.csv_file import Columns, Export
from organizations.models import Membership, OffboardingTask, Removal, RemovedResources, Restoration

SECOND = timedelta(seconds=1)
# Prefetched: with joins, PostgreSQL may not choose the index that fits the filters.
READ = (
    Prefetch("membership", Membership.objects.only("user")),
    "restoration",
    Prefetch("removed_resources", RemovedResources.objects.order_by("type")),
)


def restoration_of(removal: Removal) -> Restoration | None:
    """Return the restoration that undid the removal, if one did."""
    return getattr(removal, "restoration", None)


def open_task_count(removal: Removal) -> int:
    """Return how many tasks of the removal are open."""
    return sum(task.state == OffboardingTask.State.OPEN for task in removal.tasks.all())


def _joined(recorded: Sequence[Mapping[str, str]], key: str, separator: str) -> str:
    """Return the ids or names of recorded roles or departments as one cell."""
    return separator.join(one[key] for one in recorded)


def _resources(owned: Iterable[RemovedResources]) -> str:
    """Return the numbers by type as one cell: type=count>target, with no target if they stayed."""
    return ";".join(f"{each.type}={each.count}>{each.target or ''}" for each in owned)


COLUMNS: Columns = {
    "removal_id": lambda removal: removal.pk,
    "user_id": lambda removal: removal.membership.user_id,
    "actor_id": lambda removal: removal.actor_id,
    "connection_id": lambda removal: removal.connection_id,
    "source": lambda removal: removal.source,
    "requested_at": lambda removal: removal.requested_at,
    "removed_at": lambda removal: removal.created_at,
    "seconds": lambda removal: (removal.created_at - removal.requested_at) // SECOND,
    "role_ids": lambda removal: _joined(removal.roles, "id", " "),
    "department_ids": lambda removal: _joined(removal.departments, "id", " "),
    "resource_count": lambda removal: removal.resource_count,
    "resources": lambda removal: _resources(removal.removed_resources.all()),
    "transferred_to": lambda removal: removal.transferred_to_id or removal.transferred_to_user_id,
    "open_tasks": open_task_count,
    "closed_tasks": lambda removal: len(removal.tasks.all()) - open_task_count(removal),
    "trace_id": lambda removal: removal.trace_id,
    "restored_at": lambda removal: getattr(restoration_of(removal), "created_at", None),
    "restored_by": lambda removal: getattr(restoration_of(removal), "actor_id", None),
}

REMOVALS: Export[Removal] = Export(
    "removals.csv",
    COLUMNS,
    names={
        "organization_name": lambda removal: removal.organization.name,
        "user_name": lambda removal: removal.membership.user.full_name,
        "user_email": lambda removal: removal.membership.user.email,
        "actor_name": lambda removal: getattr(removal.actor, "full_name", None),
        "actor_email": lambda removal: getattr(removal.actor, "email", None),
        "connection_name": lambda removal: getattr(removal.connection, "name", None),
        "role_names": lambda removal: _joined(removal.roles, "name", "; "),
        "department_names": lambda removal: _joined(removal.departments, "name", "; "),
    },
    names_read=("organization", "membership__user", "actor", "connection"),
    read=(*READ, Prefetch("tasks", OffboardingTask.objects.only("removal", "state"))),
)
