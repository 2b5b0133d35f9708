"""The event that every change of a membership leaves: what the audit log lists."""

from collections.abc import Iterable
from typing import Self

from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.application_log import log_on_commit
from organizations.capabilities import Capability
from organizations.constraints import index_where_set, source_is_known
from organizations.models.connection import Connection
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Organization
from organizations.models.scheduled_removal import ScheduledRemoval
from organizations.source import Source
from organizations.triggers import event_is_deleted, events_are_announced, only_emptied
from users.addresses_in import index_of_addresses
from users.models import User


class EventQuerySet(models.QuerySet["Event"]):
    """Queries for events; it logs a line for each event that it writes."""

    def record(self, event: "Event") -> None:
        """Write one event; log its line once it is committed."""
        self.bulk_record([event])

    def about_schedules_of(self, user_id: str) -> Self:
        """Keep events about scheduled removals of this user, which the user may not see."""
        return self.filter(user=user_id, type__in=Event.ABOUT_SCHEDULES)

    def seen_by(self, user_id: str, authority: frozenset[Capability]) -> Self:
        """Keep the events that a user with this authority sees (contract.md: check 6).

        Leaves out scheduled removals of the user, and pending ones of members whom the user may
        not remove.
        """
        hidden = ScheduledRemoval.objects.beyond(authority).filter(pk=models.OuterRef("schedule"))
        return (
            self.exclude(user=user_id, type__in=Event.ABOUT_SCHEDULES)
            .alias(schedule=KeyTextTransform("scheduled_removal_id", "data"))
            .exclude(models.Exists(hidden), type=Event.Type.REMOVAL_SCHEDULED)
        )

    def bulk_record(self, events: Iterable["Event"]) -> None:
        """Write events of one type and source; log their lines once they are committed."""
        if written := self.bulk_create(events):
            self.log(Event.Type(written[0].type), written[0].source, written)

    def log(self, event_type: "Event.Type", source: str, written: Iterable["Event"]) -> None:
        """Log the lines of written events once they are committed.

        A command logs none, and of a generator it makes none.
        """
        name = event_type.replace(".", "_")
        log_on_commit(name, source, (event.log_fields() for event in written))


class Event(models.Model):
    """One change of a membership: who, when, what. Written in the transaction of the change.

    It never changes, except that its reason can be emptied. Only `organizations.retention` deletes
    events.
    """

    class Type(models.TextChoices):
        MEMBER_ADDED = "member.added", "Member added"
        MEMBER_UPDATED = "member.updated", "Member updated"
        MEMBER_DEACTIVATED = "member.deactivated", "Member deactivated"
        MEMBER_REACTIVATED = "member.reactivated", "Member reactivated"
        MEMBER_REMOVED = "member.removed", "Member removed"
        MEMBER_RESTORED = "member.restored", "Member restored"
        MEMBER_ADOPTED = "member.adopted", "Member adopted"
        REMOVAL_SCHEDULED = "removal.scheduled", "Removal scheduled"
        REMOVAL_CANCELLED = "removal.cancelled", "Removal cancelled"
        REMOVAL_FAILED = "removal.failed", "Removal failed"
        INVITATION_FAILED = "invitation.failed", "Invitation failed"
        RESOURCES_TRANSFERRED = "resources.transferred", "Resources transferred"
        RESOURCES_DELETED = "resources.deleted", "Resources deleted"
        TASK_CLOSED = "task.closed", "Task closed"
        TASK_REOPENED = "task.reopened", "Task reopened"
        TASK_OVERDUE = "task.overdue", "Task overdue"
        WEBHOOK_TEST = "webhook.test", "Webhook test"

    # The audit log hides these from the user they are about.
    ABOUT_SCHEDULES = (Type.REMOVAL_SCHEDULED, Type.REMOVAL_CANCELLED, Type.REMOVAL_FAILED)

    id = PrefixedIdField("evt")
    type = models.CharField(max_length=40, choices=Type)
    # The indexes below serve these keys.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="events", db_index=False
    )
    user = OptionalKey(User, models.PROTECT, related_name="events")
    actor = OptionalKey(User, models.PROTECT, related_name="events_caused")
    # The system that made the change.
    connection = OptionalKey(Connection, models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Source)
    reason = models.TextField(blank=True)
    data = models.JSONField(
        default=dict, blank=True, help_text="Ids and counts; no name and no address."
    )
    trace_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = (source_is_known(name="event_source_is_known"),)
        indexes = (
            # The audit log of one organization, newest first: all of it, of one user, of one
            # actor, of one connection, of one request, of some days.
            models.Index(fields=["organization", "id", "created_at"], name="event_by_organization"),
            index_where_set("user", "organization", name="event_by_user"),
            index_where_set("actor", "organization", "id", name="event_by_actor"),
            index_where_set("connection", "id", name="event_by_connection"),
            models.Index(
                fields=["trace_id", "id"], condition=~models.Q(trace_id=""), name="event_by_trace"
            ),
            models.Index(fields=["organization", "created_at"], name="event_by_date"),
            # Events of one type. Removals, the most frequent, are listed by their records: an
            # entry here for each makes a removal of 1,000 members 10 % slower.
            models.Index(
                fields=["organization", "type", "id"],
                condition=~models.Q(type="member.removed"),
                name="event_by_type",
            ),
            # An erasure looks up the reasons that mention an address.
            index_of_addresses("reason", name="event_by_written_address"),
        )
        triggers = (events_are_announced, event_is_deleted, *only_emptied())

    def __str__(self) -> str:
        return str(self.pk)

    def log_fields(self) -> dict[str, object]:
        """Return the fields of its line in the application's log: ids and counts."""
        return {
            "event_id": self.pk,
            "organization_id": self.organization_id,
            "user_id": self.user_id,
            "actor_id": self.actor_id,
            "connection_id": self.connection_id,
            "source": self.source,
            **self.data,
            "trace_id": self.trace_id,
        }
