"""What an organization has to do elsewhere whenever somebody leaves."""

from collections.abc import Collection
from typing import Self

import pgtrigger
from django.core.validators import MaxValueValidator
from django.db import models

from config.case_insensitive_names import TrimmedNameField
from config.identifiers import PrefixedIdField
from organizations.constraints import at_most_one_set, in_organization, index_where_set
from organizations.models.connection import Connection
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.resource_type import SlugField
from users.models import User

LONGEST_TITLE = 200
LONGEST_DESCRIPTION = 2000
MOST_DAYS = 365

ONE_ASSIGNEE = at_most_one_set(
    "assigned_to_user", "assigned_to_department", "assigned_to_connection"
)


class OffboardingStepQuerySet(models.QuerySet["OffboardingStep"]):
    def enabled(self) -> Self:
        """Keep the steps that removals make tasks of."""
        return self.filter(enabled=True)

    def in_order(self) -> Self:
        """Sort by position, then by key."""
        return self.order_by("position", "key")


class OffboardingStep(models.Model):
    """Something to be done elsewhere whenever a member is removed: each removal makes a task of it.

    With a type it concerns only those who owned a resource of that type, which may not exist yet.
    A change of a step does not change the tasks that were made.
    """

    id = PrefixedIdField("stp")
    # The unique constraint below serves as the index of this key.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="offboarding_steps", db_index=False
    )
    key = SlugField(help_text="What its tasks are called by; it never changes.")
    title = TrimmedNameField(max_length=LONGEST_TITLE)
    description = models.CharField(max_length=LONGEST_DESCRIPTION, blank=True)
    applies_to_type = SlugField(  # type: ignore[misc]  # the type of a slug that may be left out
        null=True,
        blank=True,
        help_text="Only for leavers who owned resources of this type; empty for everybody.",
    )
    # No index: an account is not deleted while a membership refers to it.
    assigned_to_user = OptionalKey(User, models.PROTECT, related_name="+")
    # The constraint below checks the department and its organization; the index below serves it.
    assigned_to_department = OptionalKey(
        Department, models.RESTRICT, related_name="+", db_constraint=False
    )
    # No index: connections are never deleted.
    assigned_to_connection = OptionalKey(
        Connection, models.PROTECT, related_name="+", db_constraint=False
    )
    due_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST_DAYS)],
        help_text="Days of 24 hours after the removal; empty for no date.",
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Its place among the steps; equal ones are sorted by key."
    )
    enabled = models.BooleanField(default=True)

    objects = OffboardingStepQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "key"],
                name="step_key_in_organization",
                violation_error_message="The organization has a step with this key already.",
            ),
            models.CheckConstraint(
                condition=ONE_ASSIGNEE,
                name="step_has_one_assignee",
                violation_error_message="A step is assigned to one person, department or system.",
            ),
            models.CheckConstraint(
                condition=models.Q(due_days__lte=MOST_DAYS), name="step_is_due_within_a_year"
            ),
            models.CheckConstraint(condition=~models.Q(title=""), name="step_has_a_title"),
            in_organization(
                "assigned_to_department",
                "Department",
                name="step_department_in_organization",
                message="The organization has no such department.",
            ),
            in_organization(
                "assigned_to_connection",
                "Connection",
                name="step_connection_in_organization",
                message="The organization has no such connection.",
            ),
        )
        indexes = (
            # Each removal reads them.
            models.Index(
                fields=["organization"],
                condition=models.Q(enabled=True),
                name="step_enabled",
            ),
            # The deletion of a department looks them up.
            index_where_set("assigned_to_department", name="step_by_department"),
        )
        triggers = (pgtrigger.ReadOnly(name="key_never_changes", fields=["organization", "key"]),)

    def __str__(self) -> str:
        return self.title

    def applies_to(self, types: Collection[str]) -> bool:
        """Return whether it concerns somebody who owns resources of these types."""
        return self.applies_to_type is None or self.applies_to_type in types
