"""What is to be done elsewhere after one removal, and who did it."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Protocol, Self

import pgtrigger
from django.db import models
from django.utils import timezone

from config.identifiers import MAX_LENGTH, IdentifiedQuerySet, PrefixedIdField
from organizations.constraints import (
    ForeignKeyConstraint,
    at_most_one_set,
    in_organization,
    index_where_set,
)
from organizations.handover.triggers import task_is_changed
from organizations.models.connection import Connection
from organizations.models.membership import Membership
from organizations.models.offboarding_step import (
    LONGEST_DESCRIPTION,
    LONGEST_TITLE,
    ONE_ASSIGNEE,
)
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.removal import Removal
from organizations.models.resource_type import SlugField
from organizations.triggers import task_is_deleted
from users.addresses_in import index_of_addresses
from users.models import User

LONGEST_NOTE = 1000


class Assignee(Protocol):
    """A caller, as far as tasks are assigned to it: a person or a system."""

    @property
    def actor(self) -> User | None: ...
    @property
    def connection(self) -> Connection | None: ...


class OffboardingTaskQuerySet(IdentifiedQuerySet["OffboardingTask"]):
    """Queries for tasks, by state, removal and assignee."""

    def open(self) -> Self:
        """Keep those that nobody closed, or that somebody opened again."""
        return self.filter(state=OffboardingTask.State.OPEN)

    def closed(self) -> Self:
        """Keep those that are done, failed, skipped or cancelled."""
        return self.exclude(state=OffboardingTask.State.OPEN)

    def overdue(self, now: datetime) -> Self:
        """Keep the open ones that were due before this moment, or are now."""
        return self.open().filter(due_at__lte=now)

    def of(self, removals: Iterable[Removal]) -> Self:
        """Keep those of these removals."""
        return self.filter(removal__in=removals)

    def assigned_to(self, assignee: Assignee) -> Self:
        """Keep the tasks assigned to a caller: to the connection, or the person and departments.

        A person has those of organizations where they are an active member: staff also reach other
        organizations. The memberships are read first, so that the tasks are found by index.
        """
        if assignee.connection is not None:
            return self.filter(assigned_to_connection=assignee.connection)
        if assignee.actor is None:
            return self.none()
        members = Membership.objects.active().filter(user=assignee.actor)
        places = list(members.values_list("organization", "department_memberships__department"))
        departments = {department for _, department in places if department}
        return self.filter(
            models.Q(
                assigned_to_user=assignee.actor,
                organization__in={organization for organization, _ in places},
            )
            | models.Q(open_department__in=departments)
            | ~models.Q(state=OffboardingTask.State.OPEN)
            & models.Q(assigned_to_department__in=departments)
        )

    def with_assignees(self) -> Self:
        """Set ``falls_to_nobody``, and read the assignees."""
        return self.with_falls_to_nobody().select_related(
            "assigned_to_user", "assigned_to_department", "assigned_to_connection"
        )

    def with_falls_to_nobody(self) -> Self:
        """Set ``falls_to_nobody``: whether the assigned person or system cannot act here now."""
        person = Membership.objects.active().filter(
            organization=models.OuterRef("organization"), user=models.OuterRef("assigned_to_user")
        )
        system = Connection.objects.enabled().filter(pk=models.OuterRef("assigned_to_connection"))
        return self.annotate(
            falls_to_nobody=models.Case(
                models.When(assigned_to_user__isnull=False, then=~models.Exists(person)),
                models.When(assigned_to_connection__isnull=False, then=~models.Exists(system)),
                default=False,
                output_field=models.BooleanField(),
            )
        )

    def count_by_removal(self, removal_ids: Iterable[str]) -> dict[str, Counter[str]]:
        """Return how many tasks of each of these removals are in each state, by removal."""
        counts: dict[str, Counter[str]] = {}
        of_these = self.filter(removal__in=removal_ids).order_by()
        for removal_id, state, count in of_these.values_list("removal", "state").annotate(
            models.Count("pk")
        ):
            counts.setdefault(removal_id, Counter())[state] = count
        return counts


class OffboardingTask(models.Model):
    """A step for one removal, as the step was then; made in the removal's own statement.

    Ids have the removal's, then the order of the steps. Once the removal is undone, the state,
    the count and the note stay, except that an erasure can empty the note. Only
    `organizations.retention` deletes tasks.
    """

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        SKIPPED = "skipped", "Skipped"
        CANCELLED = "cancelled", "Cancelled"

    CANCELLABLE = (State.OPEN, State.FAILED)  # by a restoration

    id = PrefixedIdField("tsk")
    # The constraints below check both, and serve as the index of the removal.
    removal = models.ForeignKey(
        Removal, models.PROTECT, related_name="tasks", db_constraint=False, db_index=False
    )
    organization = models.ForeignKey(
        Organization,
        models.PROTECT,
        related_name="offboarding_tasks",
        db_constraint=False,
        db_index=False,
    )
    key = SlugField()
    title = models.CharField(max_length=LONGEST_TITLE)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    assigned_to_user = OptionalKey(User, models.PROTECT, related_name="+")
    # The department may be deleted once the task is closed: its id stays, and its name below.
    assigned_to_department = OptionalKey(
        Department, models.DO_NOTHING, related_name="+", db_constraint=False
    )
    # The step's constraint has checked its organization; connections are never deleted.
    assigned_to_connection = OptionalKey(Connection, models.PROTECT, related_name="+")
    department_name = models.CharField(
        max_length=200, blank=True, help_text="The department's, when the task was closed."
    )
    due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    note = models.CharField(max_length=LONGEST_NOTE, blank=True)
    count = models.PositiveIntegerField(
        null=True, blank=True, help_text="How much a system says it passed on."
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = OptionalKey(User, models.PROTECT, related_name="+")
    closed_by_connection = OptionalKey(Connection, models.PROTECT, related_name="+")
    # When the one event was written that says that it is overdue.
    overdue_reported_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The department's foreign key, while the task is open.
    open_department = models.GeneratedField(
        expression=models.Case(models.When(state="open", then=models.F("assigned_to_department"))),
        output_field=models.CharField(max_length=MAX_LENGTH, null=True, db_collation="C"),
        db_persist=True,
    )
    # The foreign key of a cancelled task to its restoration.
    cancelled_removal = models.GeneratedField(
        expression=models.Case(models.When(state="cancelled", then=models.F("removal"))),
        output_field=models.CharField(max_length=MAX_LENGTH, null=True, db_collation="C"),
        db_persist=True,
    )

    falls_to_nobody: bool  # where `with_falls_to_nobody` says so

    objects = OffboardingTaskQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["removal", "key"], name="task_key_in_removal"),
            models.CheckConstraint(condition=ONE_ASSIGNEE, name="task_has_one_assignee"),
            models.CheckConstraint(
                condition=models.Q(state__in=["open", "done", "failed", "skipped", "cancelled"]),
                name="task_state_is_known",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state="open", closed_at=None, closed_by=None, closed_by_connection=None
                )
                | (~models.Q(state="open") & models.Q(closed_at__isnull=False)),
                name="task_is_open_until_it_is_closed",
            ),
            models.CheckConstraint(
                condition=at_most_one_set("closed_by", "closed_by_connection"),
                name="task_is_closed_by_one",
            ),
            in_organization("removal", "Removal", name="task_of_removal"),
            in_organization(
                "open_department", "Department", name="open_task_department_in_organization"
            ),
            # Only a restoration cancels. Deferred: the tasks are cancelled before it is inserted.
            ForeignKeyConstraint(
                fields=["cancelled_removal"],
                to="organizations.Restoration",
                to_fields=["removal"],
                deferrable=models.Deferrable.DEFERRED,
                name="cancelled_task_of_undone_removal",
            ),
        )
        indexes = (
            # An organization's list, in the order of ids: all, and those in one state.
            models.Index(fields=["organization", "id"], name="task_by_id"),
            models.Index(fields=["organization", "state", "id"], name="task_by_state"),
            # The open ones by date.
            models.Index(
                fields=["organization", "due_at", "id"],
                condition=models.Q(state="open", due_at__isnull=False),
                name="task_by_date",
            ),
            # One's own. The open ones of departments have the index below.
            index_where_set("assigned_to_user", "id", name="task_by_user"),
            models.Index(
                fields=["assigned_to_department", "id"],
                condition=models.Q(assigned_to_department__isnull=False) & ~models.Q(state="open"),
                name="task_by_department",
            ),
            index_where_set("assigned_to_connection", "id", name="task_by_connection"),
            # The deletion of a department looks them up, too.
            index_where_set("open_department", "id", name="task_open_by_department"),
            # Reports those that are overdue, and counts them for `/metrics`.
            models.Index(
                fields=["due_at"], condition=models.Q(state="open"), name="task_open_by_date"
            ),
            # Retention deletes what was closed long ago.
            index_where_set("closed_at", name="task_by_closing"),
            # An erasure looks up the notes that mention an address.
            index_of_addresses("note", name="task_by_written_address"),
        )
        triggers = (
            task_is_changed,
            task_is_deleted,
            pgtrigger.ReadOnly(
                name="never_changed",
                exclude=[
                    *("state", "note", "count", "closed_at", "closed_by", "closed_by_connection"),
                    *("department_name", "assigned_to_department", "overdue_reported_at"),
                    *("open_department", "cancelled_removal"),
                ],
            ),
            pgtrigger.Protect(
                name="department_is_only_emptied",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "NEW.assigned_to_department_id IS NOT NULL AND"
                    " NEW.assigned_to_department_id IS DISTINCT FROM OLD.assigned_to_department_id"
                ),
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def is_overdue(self) -> bool:
        """Whether it is open and was due before now, or is now."""
        is_open = self.state == self.State.OPEN
        return is_open and self.due_at is not None and self.due_at <= timezone.now()
