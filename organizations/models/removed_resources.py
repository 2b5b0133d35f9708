"""How many resources of each type a removed member owned, and what became of them."""

from typing import Self

from django.db import models

from organizations.constraints import at_most_one_set, in_organization, index_where_set
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.removal import Removal
from organizations.models.resource_type import LONGEST_SLUG
from organizations.resources.triggers import removed_resources_are_recorded
from organizations.triggers import never_changed_or_deleted
from users.models import User

_STAYED = models.Q(transferred_to=None, transferred_to_user=None)


class RemovedResourcesQuerySet(models.QuerySet["RemovedResources"]):
    def passed_on(self) -> Self:
        """Keep those that passed to a department or an heir."""
        return self.exclude(_STAYED)

    def stayed(self) -> Self:
        """Keep those that passed to nobody."""
        return self.filter(_STAYED)


class RemovedResources(models.Model):
    """The resources of one type that a removed member owned: how many, and to whom they passed.

    Without a department and an heir they stayed. Written in the removal's own statement, one row
    for each type that was owned; never changed and never deleted.
    """

    pk = models.CompositePrimaryKey("removal_id", "type")
    # The trigger below checks that this organization has such a removal.
    removal = models.ForeignKey(
        Removal,
        models.PROTECT,
        related_name="removed_resources",
        db_constraint=False,
        db_index=False,
    )
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=LONGEST_SLUG, db_collation="C")
    count = models.PositiveIntegerField()
    # The constraint below checks the department and its organization; the index below serves it.
    transferred_to = OptionalKey(
        Department,
        models.PROTECT,
        related_name="+",
        db_constraint=False,
        help_text="The department that they passed to.",
    )
    transferred_to_user = OptionalKey(
        User, models.PROTECT, related_name="+", help_text="The person whom they passed to."
    )

    objects = RemovedResourcesQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name_plural = "removed resources"
        constraints = (
            models.CheckConstraint(
                condition=at_most_one_set("transferred_to", "transferred_to_user"),
                name="removed_resources_have_one_heir",
            ),
            models.CheckConstraint(
                condition=models.Q(count__gte=1), name="removed_resources_are_some"
            ),
            in_organization(
                "transferred_to", "Department", name="removed_resources_department_in_organization"
            ),
        )
        indexes = (
            # The deletion of a department looks them up.
            index_where_set("transferred_to", name="removed_resources_by_target"),
            # `ResourceQuerySet.left_behind` begins with these.
            models.Index(
                fields=["organization", "removal"],
                condition=_STAYED,
                name="removed_resources_that_stayed",
            ),
        )
        triggers = (removed_resources_are_recorded, never_changed_or_deleted)

    def __str__(self) -> str:
        target = self.transferred_to or self.transferred_to_user
        return f"{self.type} {self.count:,} {f'to {target}' if target else '(stayed theirs)'}"

    @property
    def target(self) -> str | None:
        """Return the id of the department or the heir that they passed to; None if they stayed."""
        return self.transferred_to_id or self.transferred_to_user_id
