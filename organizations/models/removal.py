"""The record that a removal leaves."""

from django.db import models
from django.utils import timezone

from config.identifiers import PrefixedIdField
from organizations.constraints import (
    ForeignKeyConstraint,
    at_most_one_set,
    in_organization,
    index_where_set,
    source_is_known,
)
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

    Never changed and never deleted, except that an erasure can empty its reason.
    """

    id = PrefixedIdField("rem")
    # The constraint below checks the organization, and that the membership has ended.
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
            source_is_known(name="removal_source_is_known"),
            models.CheckConstraint(
                condition=at_most_one_set("transferred_to", "transferred_to_user"),
                name="removal_has_one_heir",
            ),
            # The target of a task's foreign key. The id comes first: see the last constraint.
            models.UniqueConstraint(fields=["id", "organization"], name="removal_in_organization"),
            # With the foreign key of the membership to its record: no end without a record, no
            # record without an end, and no end is taken back.
            ForeignKeyConstraint(
                fields=["organization", "membership", "membership_is_current"],
                to="organizations.Membership",
                to_fields=["organization", "id", "is_current"],
                name="removal_of_ended_membership",
            ),
            in_organization(
                "transferred_to", "Department", name="removal_department_in_organization"
            ),
            # The target of an ended membership's foreign key. The check of that key uses it, too.
            # It is the last index with a membership: of indexes that look equal, as all do in a
            # table without statistics, PostgreSQL takes the last.
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
            # The deletion of a department looks them up; most removals have none.
            index_where_set("transferred_to", name="removal_by_target_department"),
            # The admin's first page counts former members who may still own something.
            models.Index(
                fields=["created_at"],
                condition=models.Q(
                    transferred_to=None, transferred_to_user=None, resource_count__gt=0
                ),
                name="removal_that_passed_nothing_on",
            ),
            # An erasure looks up the reasons that mention an address.
            index_of_addresses("reason", name="removal_by_written_address"),
        )
        triggers = append_only(exclude=["membership_is_current"])

    def __str__(self) -> str:
        return str(self.pk)
