"""Removals that are scheduled for a date."""

from collections.abc import Iterable
from typing import Self

import pgtrigger
from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.constraints import at_most_one_set, in_organization, source_is_known
from organizations.models.connection import Connection
from organizations.models.membership import Membership, RoleAssignment
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.removal import Removal
from organizations.source import Source
from organizations.triggers import schedule_is_done, schedule_is_made
from users.addresses_in import index_of_addresses
from users.models import User


class ScheduledRemovalQuerySet(models.QuerySet["ScheduledRemoval"]):
    """Queries for scheduled removals, by state, member and requester."""

    def pending(self) -> Self:
        """Keep those that will be carried out: their membership has not ended otherwise."""
        return self.filter(status=ScheduledRemoval.Status.PENDING, membership__deleted_at=None)

    def within(self, authority: frozenset[Capability]) -> Self:
        """Leave out pending removals of members whom this authority does not allow to remove."""
        if authority == ALL_CAPABILITIES:
            return self
        return self.exclude(self._pending_beyond(authority))

    def seen_by(self, user_id: str, authority: frozenset[Capability]) -> Self:
        """Keep what a user with this authority sees (contract.md: check 6), without their own."""
        return self.within(authority).exclude(membership__user=user_id)

    def beyond(self, authority: frozenset[Capability]) -> Self:
        """Keep what `within` leaves out."""
        if authority == ALL_CAPABILITIES:
            return self.none()
        return self.filter(self._pending_beyond(authority))

    @staticmethod
    def _pending_beyond(authority: frozenset[Capability]) -> models.Q:
        """Return the condition of what `within` leaves out.

        Without the capability it is every pending removal, else those of members with a role that
        grants more.
        """
        pending = models.Q(status=ScheduledRemoval.Status.PENDING, membership__deleted_at=None)
        if Capability.REMOVE_USERS not in authority:
            return pending
        above = RoleAssignment.objects.filter(membership=models.OuterRef("membership")).exclude(
            role__capabilities__contained_by=list(authority)
        )
        return pending & models.Q(models.Exists(above))

    def of(self, members: Iterable[Membership]) -> Self:
        """Keep those of these members."""
        return self.filter(membership__in=members).select_related("membership")

    def requested_by(self, user_ids: Iterable[str]) -> Self:
        """Keep those that these members requested; they fail if these users leave."""
        requested = self.filter(requested_by__in=user_ids, source=Source.API)
        return requested.select_related("membership__user").order_by("remove_at", "pk")

    def in_state(self, state: str) -> Self:
        """Keep the schedules in this state, as `state` says it."""
        if state == ScheduledRemoval.SUPERSEDED:
            pending = self.filter(status=ScheduledRemoval.Status.PENDING)
            return pending.exclude(membership__deleted_at=None)
        if state == ScheduledRemoval.Status.PENDING:
            return self.pending()
        return self.filter(status=state)

    def failed(self) -> Self:
        """Keep those that failed and whose member has not left since."""
        return self.filter(status=ScheduledRemoval.Status.FAILED, membership__deleted_at=None)


class ScheduledRemoval(models.Model):
    """A removal of one membership that is due at a time; it does not remove a later membership.

    The request and the outcome stay on record; an erasure can empty the reason. Whether another
    removal came first is not stored, but read from the membership.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Pending"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"
        FAILED = "failed", "Failed"

    SUPERSEDED = "superseded"  # how a pending one of an ended membership reads
    STATES = (*Status.choices, (SUPERSEDED, "Superseded"))

    id = PrefixedIdField("sch")
    # The trigger below copies it from the membership. A foreign key over both would need one more
    # index of memberships, which every removal would write.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="scheduled_removals", db_index=False
    )
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="scheduled_removals")
    remove_at = models.DateTimeField()
    requested_by = models.ForeignKey(
        User,
        models.PROTECT,
        related_name="removals_scheduled",
        null=True,
        blank=True,
        help_text="Whose permission is asked again when it is due, but a run of the command's.",
    )
    connection = OptionalKey(
        Connection,
        models.PROTECT,
        related_name="+",
        help_text="The system that requested it, which must still be connected when it is due.",
    )
    source = models.CharField(max_length=10, choices=Source)
    requested_at = models.DateTimeField(default=timezone.now)
    transferred_to = models.ForeignKey(
        Department,
        models.PROTECT,
        related_name="+",
        null=True,
        blank=True,
        db_constraint=False,
        help_text="The department that the resources will pass to.",
    )
    transferred_to_user = OptionalKey(
        User,
        models.PROTECT,
        related_name="+",
        help_text="The person whom the resources will pass to.",
    )
    reason = models.TextField(blank=True)
    trace_id = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.PENDING)
    removal = models.OneToOneField(
        Removal, models.PROTECT, related_name="schedule", null=True, blank=True
    )
    failure = models.CharField(
        max_length=40, blank=True, help_text="The code of what stood in the way when it was due."
    )
    cancelled_by = OptionalKey(User, models.PROTECT, related_name="+")
    cancelled_by_connection = OptionalKey(
        Connection,
        models.PROTECT,
        related_name="+",
        help_text="The system that cancelled it, if it was not a person.",
    )
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ScheduledRemovalQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["membership"],
                condition=models.Q(status="pending"),
                name="one_pending_scheduled_removal",
            ),
            source_is_known(name="scheduled_removal_source_is_known"),
            models.CheckConstraint(
                condition=at_most_one_set("transferred_to", "transferred_to_user"),
                name="scheduled_removal_has_one_heir",
            ),
            models.CheckConstraint(
                condition=models.Q(status="pending", ended_at=None)
                | (models.Q(ended_at__isnull=False) & ~models.Q(status="pending")),
                name="scheduled_removal_is_pending_until_it_ends",
            ),
            models.CheckConstraint(
                condition=models.Q(status="done", removal__isnull=False)
                | (~models.Q(status="done") & models.Q(removal=None)),
                name="scheduled_removal_is_done_by_a_removal",
            ),
            models.CheckConstraint(
                condition=models.Q(status="failed") ^ models.Q(failure=""),
                name="scheduled_removal_failed_for_a_reason",
            ),
            in_organization(
                "transferred_to", "Department", name="scheduled_removal_department_in_organization"
            ),
        )
        indexes = (
            # An organization's list, newest first: all, and those of one status.
            models.Index(fields=["organization", "id"], name="scheduled_removal_by_id"),
            models.Index(
                fields=["organization", "status", "id"], name="scheduled_removal_by_status"
            ),
            # What is due, and what has failed: the admin's first page counts it.
            models.Index(
                fields=["remove_at", "id"],
                condition=models.Q(status="pending"),
                name="scheduled_removal_due",
            ),
            models.Index(
                fields=["ended_at"],
                condition=models.Q(status="failed"),
                name="scheduled_removal_failed",
            ),
            # An erasure looks up the reasons that mention an address.
            index_of_addresses("reason", name="schedule_by_written_address"),
        )

        triggers = (
            schedule_is_made,
            schedule_is_done,
            pgtrigger.Protect(
                name="ended_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "OLD.status <> 'pending'"
                    " AND (NEW.status, NEW.removal_id, NEW.failure, NEW.cancelled_by_id,"
                    " NEW.cancelled_by_connection_id, NEW.ended_at) IS DISTINCT FROM"
                    " (OLD.status, OLD.removal_id, OLD.failure, OLD.cancelled_by_id,"
                    " OLD.cancelled_by_connection_id, OLD.ended_at)"
                ),
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="reason_is_only_emptied",
                operation=pgtrigger.UpdateOf("reason"),  # type: ignore[no-untyped-call]
                condition=pgtrigger.Condition("NEW.reason <> ''"),
            ),
            pgtrigger.ReadOnly(
                name="never_changed",
                exclude=[
                    *("reason", "status", "removal", "failure", "ended_at"),
                    *("cancelled_by", "cancelled_by_connection"),
                ],
            ),
        )

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state(self) -> str:
        """Its status, or `SUPERSEDED` if another removal came first; reads the membership."""
        if self.status == self.Status.PENDING and self.membership.deleted_at is not None:
            return self.SUPERSEDED
        return str(self.status)
