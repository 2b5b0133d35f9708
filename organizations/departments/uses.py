"""Says what refers to a department."""

from organizations.models import (
    Connection,
    Department,
    OffboardingStep,
    OffboardingTask,
    Removal,
    RemovedResources,
    ScheduledRemoval,
    ScheduledTransfer,
)
from organizations.uses import Uses


def uses_of(department: Department) -> Uses:
    """Return how many of what refers to it name it: members, resources, records, steps and others.

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
        step=OffboardingStep.objects.filter(assigned_to_department=department).values("pk"),
        open_task=OffboardingTask.objects.filter(open_department=department.pk).values("pk"),
    )
