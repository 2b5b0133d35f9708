"""Memberships, with the roles and departments that members hold."""

from collections.abc import Iterable
from typing import Self

import pgtrigger
from django.db import models
from django.db.models.functions import Now

from config.identifiers import only_ids
from organizations.constraints import ForeignKeyConstraint, in_organization
from organizations.models.member_field import MemberField
from organizations.models.organization import Department, Organization, Role
from organizations.triggers import (
    member_is_added,
    owner_is_deactivated,
    owner_is_made,
    owner_role_is_taken,
)
from users.models import User


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Queries for memberships, by state and by user."""

    def current(self) -> Self:
        """Members, active or deactivated: their tenure has not ended."""
        return self.filter(deleted_at=None)

    def active(self) -> Self:
        """Members who can act."""
        return self.filter(is_active=True)

    def deactivated(self) -> Self:
        """Members who cannot act until they are reactivated."""
        return self.current().exclude(deactivated_at=None)

    def former(self) -> Self:
        """Former members: they were removed."""
        return self.exclude(deleted_at=None)

    def of(self, organization_id: str, user_ids: Iterable[str]) -> Self:
        """Keep the memberships of these users in one organization; a malformed id names no user."""
        return self.filter(organization=organization_id, user__in=only_ids("usr", user_ids))


class Membership(models.Model):
    """One tenure of a user in an organization; who comes back gets a new one.

    What a member holds refers to ``is_current`` by a foreign key. So a membership ends only once
    nothing is held, and what somebody gives meanwhile waits for the removal and then fails.
    """

    # The unique constraints below begin with the organization and serve as its index.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="memberships", db_index=False
    )
    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    created_at = models.DateTimeField("member since", db_default=Now(), editable=False)
    deleted_at = models.DateTimeField("removed at", null=True, blank=True, editable=False)
    deactivated_at = models.DateTimeField(null=True, blank=True, editable=False)
    # When a mail server took the mail that tells the member.
    invited_at = models.DateTimeField(null=True, blank=True, editable=False)
    # A member: the tenure has not ended.
    is_current = models.GeneratedField(
        expression=models.ExpressionWrapper(
            models.Q(deleted_at=None), output_field=models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # An active member: one who can act. All rules ask this column, so it says alone what active is.
    is_active = models.GeneratedField(
        verbose_name="active",
        expression=models.ExpressionWrapper(
            models.Q(deleted_at=None, deactivated_at=None), output_field=models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Null until removed, then the membership's own id: the key by which a removal's record is due.
    removed_membership = models.GeneratedField(
        expression=models.Case(models.When(deleted_at__isnull=False, then=models.F("id"))),
        output_field=models.BigIntegerField(null=True),
        db_persist=True,
    )

    objects = MembershipQuerySet.as_manager()

    class Meta:
        permissions = (
            ("remove_membership", "Can remove members from their organization"),
            ("deactivate_membership", "Can deactivate and reactivate members"),
            ("restore_membership", "Can restore members who were removed"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "user"],
                condition=models.Q(deleted_at=None),
                name="one_current_membership",
                violation_error_message="This user is a member of the organization already.",
            ),
            # A removal's record refers to the first key, what a member holds to the second, which
            # is gone when the membership ends.
            models.UniqueConstraint(
                fields=["organization", "id", "is_current"], name="membership_is_current_key"
            ),
            models.UniqueConstraint(
                fields=["organization", "user", "id", "is_current"], name="current_member_key"
            ),
            # A record never changes, so the end does not move either.
            ForeignKeyConstraint(
                fields=["removed_membership", "deleted_at"],
                to="organizations.Removal",
                to_fields=["membership", "created_at"],
                deferrable=models.Deferrable.DEFERRED,
                name="membership_ends_with_its_record",
                violation_error_message="A membership ends by a removal, which leaves a record.",
            ),
        )
        indexes = (
            # The deactivated members of an organization in the order of their users' ids: few of
            # many. All members are in this order in the unique index above.
            models.Index(
                fields=["organization", "user"],
                condition=models.Q(deleted_at=None, deactivated_at__isnull=False),
                name="deactivated_member",
            ),
        )
        triggers = (
            pgtrigger.ReadOnly(name="member_stays", fields=["organization", "user", "created_at"]),
            pgtrigger.Protect(name="ends_by_removal", operation=pgtrigger.Delete),
            member_is_added,
            owner_is_deactivated,
        )

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"


class RoleAssignment(models.Model):
    """A role that a member, active or deactivated, holds: given and taken, never changed."""

    # The constraints below hold these keys, all in one organization.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    membership = models.ForeignKey(
        Membership,
        models.PROTECT,
        related_name="role_assignments",
        db_constraint=False,
        db_index=False,
    )
    user = MemberField()
    # The index below serves this key.
    role = models.ForeignKey(
        Role, models.PROTECT, related_name="assignments", db_constraint=False, db_index=False
    )
    membership_is_current = models.GeneratedField(
        expression=models.Value(True), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["membership", "role"],
                name="role_assigned_once",
                violation_error_message="The member holds this role already.",
            ),
            ForeignKeyConstraint(
                fields=["organization", "user", "membership", "membership_is_current"],
                to="organizations.Membership",
                to_fields=["organization", "user", "id", "is_current"],
                name="role_of_current_member",
                violation_error_message="Only a member of the organization can hold a role.",
            ),
            in_organization(
                "role",
                "Role",
                name="role_of_same_organization",
                message="The organization has no such role.",
            ),
        )
        indexes = (
            # Who holds a role: listed in the order of their ids, asked for the owners, and before
            # a role is deleted.
            models.Index(fields=["role", "user"], name="role_holders"),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="given_and_taken",
                fields=["id", "organization", "membership", "user", "role"],
            ),
            owner_is_made,
            owner_role_is_taken,
        )

    def __str__(self) -> str:
        return str(self.role)


class DepartmentMembership(models.Model):
    """A department that a member, active or deactivated, belongs to.

    Given and taken, never changed.
    """

    # The constraints below hold these keys, all in one organization.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    membership = models.ForeignKey(
        Membership,
        models.PROTECT,
        related_name="department_memberships",
        db_constraint=False,
        db_index=False,
    )
    user = MemberField()
    # The index below serves this key.
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="memberships", db_constraint=False, db_index=False
    )
    membership_is_current = models.GeneratedField(
        expression=models.Value(True), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["membership", "department"],
                name="department_joined_once",
                violation_error_message="The member belongs to this department already.",
            ),
            ForeignKeyConstraint(
                fields=["organization", "user", "membership", "membership_is_current"],
                to="organizations.Membership",
                to_fields=["organization", "user", "id", "is_current"],
                name="department_of_current_member",
                violation_error_message=(
                    "Only a member of the organization can belong to a department."
                ),
            ),
            in_organization(
                "department",
                "Department",
                name="department_of_same_organization",
                message="The organization has no such department.",
            ),
        )
        indexes = (
            # Who belongs to a department: listed in the order of their ids, and asked before it is
            # deleted.
            models.Index(fields=["department", "user"], name="department_members"),
        )
        triggers = (
            pgtrigger.ReadOnly(
                name="given_and_taken",
                fields=["id", "organization", "membership", "user", "department"],
            ),
        )

    def __str__(self) -> str:
        return str(self.department)
