"""The record that a removal leaves."""

from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.constraints import ForeignKeyConstraint, in_organization, index_where_set
from organizations.models.connection import Connection
from organizations.models.membership import Membership
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.source import Source
from organizations.triggers import append_only
from users.addresses_in import index_of_addresses
from users.models import User


class Removal(models.Model):
    """Who removed whom, when and how, and what it took.

    Never changed and never deleted, but that an erasure may empty its reason.
    """

    id = PrefixedIdField("rem")
    # The constraint below holds the organization and the membership, and that it has ended.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="removals", db_constraint=False, db_index=False
    )
    membership = models.OneToOneField(
        Membership, models.PROTECT, related_name="removal", db_constraint=False
    )
    actor = OptionalKey(User, models.PROTECT, related_name="removals_made")
    # The system that removed the member.
    connection = OptionalKey(Connection, models.PROTECT, related_name="+")
    source = models.CharField(max_length=10, choices=Source)
    reason = models.TextField(blank=True)
    transferred_to = OptionalKey(
        Department,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        help_text="The department that the resources passed to.",
    )
    transferred_to_user = OptionalKey(
        User, models.PROTECT, related_name="+", help_text="The person whom the resources passed to."
    )
    roles = models.JSONField(help_text="Id and name of each role that was taken.")
    departments = models.JSONField(help_text="Id and name of each department that was left.")
    resource_count = models.PositiveIntegerField(
        "resources",
        help_text="How many resources the member owned; they passed on, if somebody takes over.",
    )
    token_count = models.PositiveIntegerField(
        "tokens",
        null=True,
        blank=True,
        help_text=(
            "How many usable access tokens of the member ended here with it: those bound to the"
            " membership, and those bound to none that reached it. Unknown of older removals."
        ),
    )
    trace_id = models.CharField(max_length=64, blank=True)
    requested_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    membership_is_current = models.GeneratedField(
        expression=models.Value(False), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(source__in=Source.values), name="removal_source_is_known"
            ),
            models.CheckConstraint(
                condition=models.Q(transferred_to=None) | models.Q(transferred_to_user=None),
                name="removal_has_one_heir",
            ),
            # What a task refers to. The id comes first: see the last index over a membership below.
            models.UniqueConstraint(fields=["id", "organization"], name="removal_in_organization"),
            # Together with the key of the membership to its record: no end without a record, no
            # record without an end, and no end that is taken back.
            ForeignKeyConstraint(
                fields=["organization", "membership", "membership_is_current"],
                to="organizations.Membership",
                to_fields=["organization", "id", "is_current"],
                name="removal_of_ended_membership",
            ),
            in_organization(
                "transferred_to", "Department", name="removal_department_in_organization"
            ),
            # The key that an ended membership refers to. The database asks it, too, whether there
            # is a record, whenever a membership ends. The last index over a membership, which
            # PostgreSQL takes of equals: while it knows nothing of the table yet, all look equal.
            models.UniqueConstraint(
                fields=["membership", "created_at"], name="removal_at_end_of_membership"
            ),
        )
        indexes = (
            # The admin's records of one day.
            models.Index(fields=["created_at"], name="removal_by_date"),
            # The API's records of one organization, newest first: all of them, those of some days
            # (the date is looked at in the index), of one actor, of one connection, of one request
            # or run.
            models.Index(fields=["organization", "id", "created_at"], name="removal_by_id"),
            index_where_set("actor", "organization", "id", name="removal_by_actor"),
            index_where_set("connection", "id", name="removal_by_connection"),
            models.Index(fields=["trace_id", "id"], name="removal_by_trace"),
            # Asked before a department is deleted: most removals have none.
            index_where_set("transferred_to", name="removal_by_target_department"),
            # Who may still own something, the latest first: counted on the admin's first page.
            models.Index(
                fields=["created_at"],
                condition=models.Q(
                    transferred_to=None, transferred_to_user=None, resource_count__gt=0
                ),
                name="removal_that_passed_nothing_on",
            ),
            # Asked before an erasure: which reasons mention an address.
            index_of_addresses("reason", name="removal_by_written_address"),
        )
        triggers = append_only(exclude=["membership_is_current"])

    def __str__(self) -> str:
        return str(self.pk)
