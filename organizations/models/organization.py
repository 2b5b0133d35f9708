"""Organizations with their departments and roles."""

from collections.abc import Iterable
from typing import Self, TypeVar

import pgtrigger
from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone

from config.case_insensitive_names import NameKeyField, TrimmedNameField, require_visible
from config.characters import clean
from config.identifiers import IdentifiedQuerySet, PrefixedIdField, only_ids
from config.search import LONGEST_TERM, WordsField, index_of_words
from organizations.capabilities import Capability
from organizations.exceptions import DepartmentNameTakenError, RoleNameTakenError
from organizations.triggers import (
    department_is_named,
    owner_role_is_deleted,
    starting_roles_are_given,
)

DEPARTMENT_NAME = "department_name_in_organization"  # the constraint
ROLE_NAME = "role_name_in_organization"
DEPARTMENT_NAME_TAKEN = DepartmentNameTakenError.message
NAME_TAKEN = "name_taken"  # the code of the ValidationError for a name that another row has

Row = TypeVar("Row", bound=models.Model)

_SHARE_ROLES = """
    SELECT * FROM organizations_role
    WHERE organization_id = %s AND id = ANY (%s::varchar[])
    ORDER BY id
    FOR SHARE
"""

OWNER_ROLE_KEEPS = (
    f"The Owner role keeps {Capability.OVERRIDE_ALL_PERMISSIONS}, which stands for all of them."
)


class NamedQuerySet(IdentifiedQuerySet[Row]):
    """Queries for rows with a name, by id or by name."""

    def matching(self, term: str) -> Self:
        """Keep the rows that have this id, or a name with words that begin like this."""
        term = clean(term[:LONGEST_TERM])
        return self.filter(models.Q(pk=term) | models.Q(name_words__begin_with=term))


class OrganizationQuerySet(NamedQuerySet["Organization"]):
    def with_one_owner(self) -> Self:
        """Keep organizations with exactly one active owner."""
        from organizations.models.membership import RoleAssignment  # it imports this module

        owner_role = Role.objects.filter(
            organization=models.OuterRef(models.OuterRef("pk")), is_owner=True
        )
        # PostgreSQL expects as many owners as holders of any role, and would read all assignments
        # for each organization. With a limit, in the order of the index, it reads at most two.
        two_owners = RoleAssignment.objects.filter(
            role=models.Subquery(owner_role.values("pk")),
            membership__is_active=True,
            membership__user__is_active=True,
        ).order_by("user")[:2]
        return self.alias(
            owners=models.Func(
                ArraySubquery(two_owners.values("pk")),
                function="cardinality",
                output_field=models.IntegerField(),
            )
        ).filter(owners=1)


class DepartmentQuerySet(NamedQuerySet["Department"]):
    def called(self, name: str) -> Self:
        """Keep departments of this name, in any case."""
        return self.filter(name_key=name)


class RoleQuerySet(NamedQuerySet["Role"]):
    def share(self, organization_id: str, role_ids: Iterable[str]) -> "list[Role]":
        """Return these roles of an organization, locked FOR SHARE in the order of their ids.

        Until the transaction ends nobody changes what they grant, which decides who may give them.
        """
        ids = only_ids("role", role_ids)
        return list(self.raw(_SHARE_ROLES, [organization_id, ids])) if ids else []


class Organization(models.Model):
    """A group of people who share departments, roles and resources.

    However it is made, the database gives it the roles Owner, Admin and Member.
    """

    id = PrefixedIdField("org")
    name = models.CharField(max_length=200)
    name_words = WordsField(of="name")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = OrganizationQuerySet.as_manager()

    class Meta:
        # To find an organization by any word of its name.
        indexes = (index_of_words("name_words", name="organization_by_name"),)
        # A permission of its own, since domains decide whose people a directory can claim.
        permissions = (("change_domains", "Can change the mail domains of organizations"),)
        triggers = (starting_roles_are_given,)

    def __str__(self) -> str:
        return self.name


class Department(models.Model):
    """A part of an organization; what a leaver owned can pass to it.

    Its name is unique in the organization, in any case: so is the key that is made of the name.
    """

    id = PrefixedIdField("dept")
    # The unique constraint below serves as the index of this key.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="departments", db_index=False
    )
    name = TrimmedNameField(max_length=200)
    name_words = WordsField(of="name")
    name_key = NameKeyField(of="name")
    # The directory's id of it, which only SCIM stores and shows.
    external_id = models.CharField(max_length=255, default="", db_default="", editable=False)

    objects = DepartmentQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "id"], name="department_in_organization"
            ),
            models.UniqueConstraint(
                fields=["organization", "name_key"],
                name=DEPARTMENT_NAME,
                violation_error_message=DEPARTMENT_NAME_TAKEN,
            ),
            models.CheckConstraint(
                condition=~models.Q(name_key=""),
                name="department_has_a_name",
                violation_error_message="A department has a name.",
            ),
        )
        indexes = (index_of_words("name_words", name="department_by_name"),)
        triggers = (department_is_named,)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError for the name of another department of the organization."""
        others = Department.objects.filter(organization=self.organization_id).exclude(pk=self.pk)
        if others.called(self.name).exists():
            raise ValidationError({"name": ValidationError(DEPARTMENT_NAME_TAKEN, NAME_TAKEN)})


class Role(models.Model):
    """A named set of capabilities that members of one organization can hold."""

    id = PrefixedIdField("role")
    # The unique constraints below serve as the index of this key.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="roles", db_index=False
    )
    name = models.CharField(max_length=200)
    name_words = WordsField(of="name")
    capabilities = ArrayField(
        models.CharField(max_length=50, choices=Capability), default=list, blank=True
    )
    is_owner = models.BooleanField(
        "owner role",
        default=False,
        editable=False,
        help_text="The members who hold this role own the organization.",
    )

    objects = RoleQuerySet.as_manager()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["organization", "id"], name="role_in_organization"),
            models.UniqueConstraint(
                fields=["organization", "name"],
                name=ROLE_NAME,
                violation_error_message=RoleNameTakenError.message,
            ),
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(is_owner=True),
                name="one_owner_role_per_organization",
            ),
            models.CheckConstraint(
                condition=models.Q(capabilities__contained_by=Capability.values),
                name="role_capabilities_are_known",
            ),
            models.CheckConstraint(
                condition=models.Q(is_owner=False)
                | models.Q(capabilities__contains=[Capability.OVERRIDE_ALL_PERMISSIONS]),
                name="owner_role_keeps_its_capability",
                violation_error_message=OWNER_ROLE_KEEPS,
            ),
        )
        indexes = (index_of_words("name_words", name="role_by_name"),)
        triggers = (
            # Owners change only by assignments of the role, which are guarded.
            pgtrigger.ReadOnly(name="owner_role_stays", fields=["is_owner", "organization"]),
            owner_role_is_deleted,
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Raise ValidationError for the name of another role of the organization, or none."""
        others = Role.objects.filter(organization=self.organization_id).exclude(pk=self.pk)
        try:
            require_visible(self.name)
        except ValidationError as refusal:
            raise ValidationError({"name": refusal}) from None
        if others.filter(name=self.name).exists():
            raise ValidationError({"name": ValidationError(RoleNameTakenError.message, NAME_TAKEN)})
