"""The targets by type that schedules and the connections of directories name."""

from django.db import models

from organizations.constraints import in_organization, index_where_set
from organizations.models.connection import Connection
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.resource_type import SlugField
from organizations.models.scheduled_removal import ScheduledRemoval
from organizations.resources.triggers import (
    transfer_of_connection_is_named,
    transfer_of_schedule_is_named,
)
from organizations.triggers import never_changed_or_deleted
from users.models import User


class ScheduledTransfer(models.Model):
    """The target of one type of resources when a scheduled removal is carried out.

    There may be no resource of the type yet. The rest passes to the target of the schedule itself.
    Never changed and never deleted, like the targets of the schedule.
    """

    pk = models.CompositePrimaryKey("schedule_id", "type")
    schedule = models.ForeignKey(
        ScheduledRemoval, models.PROTECT, related_name="transfers_by_type", db_index=False
    )
    # The trigger below copies it from the schedule.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    type = SlugField()
    # The constraint below checks the department and its organization; the index below serves it.
    transferred_to = OptionalKey(
        Department,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        help_text="The department that they will pass to.",
    )
    transferred_to_user = OptionalKey(
        User, models.PROTECT, related_name="+", help_text="The person whom they will pass to."
    )

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=models.Q(transferred_to=None) ^ models.Q(transferred_to_user=None),
                name="scheduled_transfer_has_one_target",
            ),
            in_organization(
                "transferred_to", "Department", name="scheduled_transfer_department_in_organization"
            ),
        )
        indexes = (
            # The deletion of a department looks them up.
            index_where_set("transferred_to", name="scheduled_transfer_by_target"),
        )
        triggers = (transfer_of_schedule_is_named, never_changed_or_deleted)

    def __str__(self) -> str:
        return self.type

    @property
    def target(self) -> str | None:
        """Return the id of the department or the person that they will pass to."""
        return self.transferred_to_id or self.transferred_to_user_id


class ConnectionTransfer(models.Model):
    """The department that takes over one type of resources from members of a directory."""

    class Moment(models.TextChoices):
        DEACTIVATE = "deactivate", "Deactivation"
        REMOVAL = "removal", "Removal"

    pk = models.CompositePrimaryKey("connection_id", "moment", "type")
    connection = models.ForeignKey(
        Connection, models.CASCADE, related_name="transfers_by_type", db_index=False
    )
    # The trigger below copies it from the connection.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    moment = models.CharField(max_length=10, choices=Moment)
    type = SlugField()
    # The constraint below checks the department and its organization.
    transferred_to = models.ForeignKey(
        Department,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        help_text="The department that takes them over.",
    )

    class Meta:
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                condition=models.Q(moment__in=["deactivate", "removal"]),
                name="connection_transfer_moment_is_known",
            ),
            in_organization(
                "transferred_to",
                "Department",
                name="connection_transfer_department_in_organization",
            ),
        )
        triggers = (transfer_of_connection_is_named,)

    def __str__(self) -> str:
        return self.type
