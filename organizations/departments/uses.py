"""Says what refers to a department."""

from organizations.models import (
    Connection,
    Department,
    Removal,
    RemovedResources,
    ScheduledRemoval,
    ScheduledTransfer,
)
from organizations.uses import Uses


def uses_of(department: Department) -> Uses:
    """Return how many members, resources, removals, schedules and connections name it.

    A removal or a schedule counts once, where it names the department for all and for a type.
    """
    by_type = RemovedResources.objects.filter(transferred_to=department)
    scheduled_by_type = ScheduledTransfer.objects.filter(transferred_to=department)
    return Uses.counted(
        member=department.memberships.values("pk"),
        resource=department.resources.values("pk"),
        removal=Removal.objects.filter(transferred_to=department)
        .values("pk")
        .union(by_type.values("removal")),
        scheduled_removal=ScheduledRemoval.objects.filter(transferred_to=department)
        .values("pk")
        .union(scheduled_by_type.values("schedule")),
        connection=Connection.objects.passing_to(department).values("pk").distinct(),
    )
