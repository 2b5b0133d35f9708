"""The positions of events in the order in which the audit log is followed."""

import pgtrigger
from django.db import models

from organizations.models.event import Event
from organizations.models.organization import Organization
from organizations.triggers import position_is_deleted


class EventPosition(models.Model):
    """The place of an event in its organization's log, counted from 1 without a gap.

    `organizations.audit_log.positions` assigns it, nothing changes it, and
    `organizations.retention` deletes it after its event. There are no foreign keys: their checks
    would lock, and so write, each event and the organization.
    """

    pk = models.CompositePrimaryKey("organization", "position")
    organization = models.ForeignKey(
        Organization, models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    position = models.BigIntegerField()
    event = models.OneToOneField(
        Event, models.DO_NOTHING, related_name="log_position", db_constraint=False
    )

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=models.Q(position__gte=1), name="positions_begin_at_one"
            ),
        )
        triggers = (
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
            position_is_deleted,
        )

    def __str__(self) -> str:
        return f"{self.position}: {self.event_id}"


class EventOrder(models.Model):
    """How far the events of an organization have positions, and how far old ones are deleted.

    Whoever assigns positions or deletes events locks this row.

    ``settled``, ``read_from`` and ``swept_to`` are ids of events. Every event up to ``settled`` has
    a position, unless it committed late; the current search for late events has reached
    ``swept_to``. Newer events are read after ``read_from``, which a pass sets back to ``settled``.

    ``truncations`` counts the deletions of old events. No event after the position ``truncated_to``
    has been deleted.
    """

    organization = models.OneToOneField(
        Organization, models.CASCADE, primary_key=True, related_name="+"
    )
    settled = models.CharField(max_length=64, blank=True, db_collation="C")
    read_from = models.CharField(max_length=64, blank=True, db_collation="C")
    swept_to = models.CharField(max_length=64, blank=True, db_collation="C")
    truncations = models.BigIntegerField(default=0, db_default=0)
    truncated_to = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.organization)
