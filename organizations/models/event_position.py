"""The positions of events in the order in which the audit log is followed."""

import pgtrigger
from django.db import models

from organizations.models.event import Event
from organizations.models.organization import Organization
from organizations.triggers import position_is_deleted


class EventPosition(models.Model):
    """The place of an event in its organization's log, counted from 1.

    Given by `organizations.audit_log.positions` without a gap, never changed, and deleted after its
    event by `organizations.retention`. There is no foreign key: its check would lock, and
    so write, each event and the organization.
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
    """How far the events of an organization have positions, and how far some are deleted.

    Its lock is held to give positions and to delete events.

    These are ids of events. An event up to ``settled`` has one, unless it was committed later than
    its id let expect; in search of such, those up to ``swept_to`` were looked at in this turn. The
    others are read after ``read_from``, which is ``settled`` where a pass over them begins.

    Old events are deleted from time to time: ``truncations`` counts how often that was, and no
    event after the position ``truncated_to`` has been deleted.
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
