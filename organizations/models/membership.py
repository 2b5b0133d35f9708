"""Memberships, with the accounts, roles and departments of members."""

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
    owner_account_is_disabled,
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

    Role assignments and department memberships have a foreign key that includes ``is_current``. So
    a membership ends only once they are deleted, and a concurrent assignment waits for the removal
    and then fails.
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
    # An active member, who can act. Every rule reads this column, the only definition of active.
    is_active = models.GeneratedField(
        verbose_name="active",
        expression=models.ExpressionWrapper(
            models.Q(deleted_at=None, deactivated_at=None), output_field=models.BooleanField()
        ),
        output_field=models.BooleanField(),
        db_persist=True,
    )
    # Null until removed, then the membership's own id: a foreign key requires the removal's record.
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
            # Removals refer to the first key. Assignments refer to a current membership by the
            # second, so an end fails while there are any.
            models.UniqueConstraint(
                fields=["organization", "id", "is_current"], name="membership_is_current_key"
            ),
            models.UniqueConstraint(
                fields=["organization", "user", "id", "is_current"], name="current_member_key"
            ),
            # A record never changes, so neither does the end.
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
            # The few deactivated members of an organization, by user id. The unique index above
            # has all members in this order.
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


class MemberAccount(User):
    """An account, with the trigger that refuses to disable the last active owner's."""

    class Meta:
        proxy = True
        default_permissions = ()
        triggers = (owner_account_is_disabled,)


class HeldByMember(models.Model):
    """Something that a member, active or deactivated, holds: given and taken, never changed."""

    # Constraints of each model check all keys, within one organization.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    user = MemberField()
    membership_is_current = models.GeneratedField(
        expression=models.Value(True), output_field=models.BooleanField(), db_persist=True
    )

    class Meta:
        abstract = True


def of_current_member(*, name: str, message: str) -> ForeignKeyConstraint:
    """Return the constraint that a row that is `HeldByMember` refers to a current member."""
    return ForeignKeyConstraint(
        fields=["organization", "user", "membership", "membership_is_current"],
        to="organizations.Membership",
        to_fields=["organization", "user", "id", "is_current"],
        name=name,
        violation_error_message=message,
    )


class RoleAssignment(HeldByMember):
    """A role that a member holds."""

    membership = models.ForeignKey(
        Membership,
        models.PROTECT,
        related_name="role_assignments",
        db_constraint=False,
        db_index=False,
    )
    # The index below serves this key.
    role = models.ForeignKey(
        Role, models.PROTECT, related_name="assignments", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["membership", "role"],
                name="role_assigned_once",
                violation_error_message="The member holds this role already.",
            ),
            of_current_member(
                name="role_of_current_member",
                message="Only a member of the organization can hold a role.",
            ),
            in_organization(
                "role",
                "Role",
                name="role_of_same_organization",
                message="The organization has no such role.",
            ),
        )
        indexes = (
            # The holders of a role by user id: listed, and looked up for the owner rule and before
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


class DepartmentMembership(HeldByMember):
    """A department that a member belongs to."""

    membership = models.ForeignKey(
        Membership,
        models.PROTECT,
        related_name="department_memberships",
        db_constraint=False,
        db_index=False,
    )
    # The index below serves this key.
    department = models.ForeignKey(
        Department, models.PROTECT, related_name="memberships", db_constraint=False, db_index=False
    )

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["membership", "department"],
                name="department_joined_once",
                violation_error_message="The member belongs to this department already.",
            ),
            of_current_member(
                name="department_of_current_member",
                message="Only a member of the organization can belong to a department.",
            ),
            in_organization(
                "department",
                "Department",
                name="department_of_same_organization",
                message="The organization has no such department.",
            ),
        )
        indexes = (
            # The members of a department by user id: listed, and looked up before it is deleted.
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
