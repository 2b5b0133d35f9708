"""Resources: what an organization has, each owned by a user or a department."""

from collections.abc import Iterable
from typing import Self

import pgtrigger
from django.db import models

from config.identifiers import PrefixedIdField
from organizations.constraints import ForeignKeyConstraint, in_organization, index_where_set
from organizations.models.membership import Membership
from organizations.models.optional_key import OptionalKey
from organizations.models.organization import Department, Organization
from organizations.models.removal import Removal
from organizations.models.removed_resources import RemovedResources
from organizations.models.resource_type import DEFAULT_TYPE, LONGEST_SLUG
from organizations.resources.triggers import (
    resource_changes_owner,
    resource_changes_type,
    resource_is_made,
    resource_is_passed_on,
)
from users.models import User


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Queries for resources, by owner and by the removal that moved them."""

    def owned_by(self, *user_ids: str) -> Self:
        """Keep the resources that these users own."""
        return self.filter(owner__in=user_ids)

    def whose_owner_has_left(self) -> Self:
        """Keep resources whose owner is no longer a member of the resource's organization."""
        membership = Membership.objects.current().filter(
            organization=models.OuterRef("organization"), user=models.OuterRef("owner")
        )
        return self.filter(~models.Exists(membership), owner__isnull=False)

    def left_behind(self, organization_id: str) -> Self:
        """Keep those whose owner is no longer a member of this organization.

        It begins with the few records of removals that say that something stayed, so it does not
        read what everybody else owns.
        """
        stayed = RemovedResources.objects.stayed().filter(organization=organization_id)
        members = Membership.objects.current().filter(
            organization=organization_id, user=models.OuterRef("removal__membership__user")
        )
        owners = stayed.exclude(models.Exists(members)).values("removal__membership__user")
        return self.filter(owner__in=owners)

    def matching(self, term: str) -> Self:
        """Keep those whose name has words that begin like the words of the term."""
        return self.filter(entry__name_words__begin_with=term)

    def count_by_type(self, user_ids: Iterable[str]) -> dict[str, dict[str, int]]:
        """Return how many of each type each of these users owns, by user id, sorted by type."""
        owned = self.owned_by(*user_ids).values_list("owner", "type").annotate(models.Count("pk"))
        counts: dict[str, dict[str, int]] = {}
        for user_id, type_name, count in owned.order_by("type"):
            counts.setdefault(user_id, {})[type_name] = count
        return counts

    def total_by_type(self) -> dict[str, int]:
        """Return how many there are of each type, sorted by type."""
        return dict(self.values_list("type").annotate(models.Count("pk")).order_by("type"))

    def owners_by_type(self) -> dict[str, int]:
        """Return how many users own something of each type."""
        owners = models.Count("owner", distinct=True)
        return dict(self.order_by().values_list("type").annotate(owners))


class Resource(models.Model):
    """Something of an organization that either a user or a department owns.

    Only an active member can be given one; it stays theirs if they are deactivated, or leave,
    without a transfer. What a removal passes on bears its mark (``removal``) until the owner
    changes again: then the database empties the mark. A transfer writes only this row: name, link
    and key are in its entry (``ResourceEntry``).
    """

    id = PrefixedIdField("res")
    # Indexed together with the owner.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="resources", db_index=False
    )
    type = models.CharField(
        max_length=LONGEST_SLUG, db_collation="C", default=DEFAULT_TYPE, db_default=DEFAULT_TYPE
    )
    owner = OptionalKey(User, models.PROTECT, related_name="resources")
    department = OptionalKey(
        Department, models.PROTECT, related_name="resources", db_constraint=False
    )
    removal = OptionalKey(
        Removal,
        models.PROTECT,
        related_name="resources",
        editable=False,
        db_constraint=False,
        help_text="The removal that put it where it is.",
    )

    objects = ResourceQuerySet.as_manager()

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(owner=None, department__isnull=False)
                | models.Q(owner__isnull=False, department=None),
                name="resource_has_one_owner",
                violation_error_message="Either a user or a department owns a resource.",
            ),
            in_organization(
                "department",
                "Department",
                name="resource_department_in_organization",
                message="The organization has no such department.",
            ),
            ForeignKeyConstraint(
                fields=["organization", "type"],
                to="organizations.ResourceType",
                to_fields=["organization", "slug"],
                name="resource_type_in_organization",
            ),
            # No resource without an entry. Deferred: the entry has a foreign key to the resource.
            ForeignKeyConstraint(
                fields=["id"],
                to="organizations.ResourceEntry",
                to_fields=["resource"],
                name="resource_has_an_entry",
                deferrable=models.Deferrable.DEFERRED,
            ),
        )
        indexes = (
            # What a member owns: a removal transfers it, the preview counts it.
            index_where_set("owner", "organization", name="resource_by_owner"),
            # What an organization has, and whose owner has left: the admin counts and lists it.
            models.Index(fields=["organization", "owner"], name="resource_by_organization"),
            # What a department owns: the admin lists it, its deletion looks it up.
            index_where_set("department", name="resource_by_department"),
            # What a removal moved: a restoration looks it up.
            index_where_set("removal", name="resource_by_removal"),
        )

        triggers = (
            pgtrigger.ReadOnly(name="stays_in_organization", fields=["organization"]),
            resource_changes_owner,
            resource_changes_type,
            resource_is_made,
            resource_is_passed_on,
        )

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """What it is called; its entry says so."""
        return self.entry.name
