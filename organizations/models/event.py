"""The log of changes: what the audit log lists."""

from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.models.organization import Organization
from organizations.models.source import Source
from organizations.triggers import append_only
from users.models import User


class Event(models.Model):
    """One change of a membership: who, when, what. Written in the transaction of the change."""

    class Type(models.TextChoices):
        """What changed."""

        MEMBER_ADDED = "member.added", "Member added"
        MEMBER_UPDATED = "member.updated", "Member updated"
        MEMBER_DEACTIVATED = "member.deactivated", "Member deactivated"
        MEMBER_REACTIVATED = "member.reactivated", "Member reactivated"
        MEMBER_REMOVED = "member.removed", "Member removed"
        MEMBER_RESTORED = "member.restored", "Member restored"
        REMOVAL_SCHEDULED = "removal.scheduled", "Removal scheduled"
        REMOVAL_CANCELLED = "removal.cancelled", "Removal cancelled"
        REMOVAL_FAILED = "removal.failed", "Removal failed"
        RESOURCES_TRANSFERRED = "resources.transferred", "Resources transferred"

    id = PrefixedIdField("evt")
    type = models.CharField(max_length=40, choices=Type)
    # The indexes below serve these keys.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="events", db_index=False
    )
    user = models.ForeignKey(
        User, models.PROTECT, related_name="events", null=True, blank=True, db_index=False
    )
    actor = models.ForeignKey(
        User, models.PROTECT, related_name="events_caused", null=True, blank=True, db_index=False
    )
    source = models.CharField(max_length=10, choices=Source)
    reason = models.TextField(blank=True)
    data = models.JSONField(
        default=dict, blank=True, help_text="Ids and counts; no name and no address."
    )
    trace_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="event_source_is_known"
            ),
        )
        indexes = (
            # The audit log of one organization, newest first: all of it, of one user, of one
            # actor, of one request, of some days.
            models.Index(fields=["organization", "id", "created_at"], name="event_by_organization"),
            models.Index(
                fields=["user", "organization"],
                condition=models.Q(user__isnull=False),
                name="event_by_user",
            ),
            models.Index(
                fields=["actor", "organization", "id"],
                condition=models.Q(actor__isnull=False),
                name="event_by_actor",
            ),
            models.Index(
                fields=["trace_id", "id"], condition=~models.Q(trace_id=""), name="event_by_trace"
            ),
            models.Index(fields=["organization", "created_at"], name="event_by_date"),
            # Of one type. Removals, of which there are most, are listed by their records: an entry
            # here for each would cost a removal of a thousand a tenth.
            models.Index(
                fields=["organization", "type", "id"],
                condition=~models.Q(type="member.removed"),
                name="event_by_type",
            ),
        )
        triggers = append_only(
            ["type", "organization", "user", "actor", "source", "data", "trace_id", "created_at"]
        )

    def __str__(self) -> str:
        return str(self.pk)
