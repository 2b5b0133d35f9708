"""The record that a restoration leaves."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.constraints import source_is_known
from organizations.handover.triggers import tasks_are_cancelled
from organizations.models.connection import Connection
from organizations.models.membership import Membership
from organizations.models.optional_key import OptionalKey
from organizations.models.removal import Removal
from organizations.source import Source
from organizations.triggers import never_changed_or_deleted, restoration_is_made
from users.models import User

if TYPE_CHECKING:  # avoids a circular import: the task's key to the restoration is by its name
    from organizations.models.offboarding_task import OffboardingTask


class Restoration(models.Model):
    """Who put whom back, when, and what came back of what a removal took.

    The removal stays as it is, and the restored member has a new membership. The event has the
    reason. Never changed and never deleted.
    """

    id = PrefixedIdField("rst")
    removal = models.OneToOneField(Removal, models.PROTECT, related_name="restoration")
    membership = models.OneToOneField(Membership, models.PROTECT, related_name="restoration")
    actor = models.ForeignKey(
        User, models.PROTECT, related_name="restorations_made", null=True, blank=True
    )
    connection = OptionalKey(Connection, models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Source)
    roles = models.JSONField(help_text="Id and name of each role that came back.")
    departments = models.JSONField(help_text="Id and name of each department that came back.")
    resource_count = models.PositiveIntegerField(
        "resources", help_text="How many resources came back."
    )
    roles_not_restored = models.JSONField(
        default=list, help_text="Id, name and why of each role that did not come back."
    )
    departments_not_restored = models.JSONField(
        default=list, help_text="Id, name and why of each department that did not come back."
    )
    resources_not_restored = models.PositiveIntegerField(
        default=0, help_text="How many resources of the removal were elsewhere by then."
    )
    tokens_not_restored = models.PositiveIntegerField(
        null=True,
        help_text="How many usable access tokens had reached the member, and do so no longer.",
    )
    trace_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    cancelled_tasks: "list[OffboardingTask]"  # where `organizations.handover.cancellation` says so

    class Meta:
        constraints = (source_is_known(name="restoration_source_is_known"),)
        triggers = (restoration_is_made, tasks_are_cancelled, never_changed_or_deleted)

    def __str__(self) -> str:
        return str(self.pk)
