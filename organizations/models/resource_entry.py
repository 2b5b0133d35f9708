"""The name, link and key of a resource, in a table that no transfer writes."""

from typing import Self

import pgtrigger
from django.db import models
from django.utils import timezone

from config.search import WordsField, index_of_words
from organizations.models.organization import Organization
from organizations.models.resource import Resource
from organizations.models.resource_type import DEFAULT_TYPE, LONGEST_SLUG
from organizations.resources.triggers import entry_changes_type, entry_is_made

LONGEST_KEY = 255
LONGEST_NAME = 200
LONGEST_URL = 2000
KEY_OF_RESOURCE = "resource_key_in_organization"  # the constraint


class ResourceEntryQuerySet(models.QuerySet["ResourceEntry"]):
    """Queries for the lists of an organization's resources."""

    def matching(self, term: str) -> Self:
        """Keep those whose name has words that begin like the words of the term."""
        return self.filter(name_words__begin_with=term)


class ResourceEntry(models.Model):
    """The name of a resource, its link, and the key by which another system knows it.

    Every resource has one. A transfer writes only the resource, so all indexes for keys, lists and
    the search are here. The database ensures that organization and type are the resource's.
    """

    resource = models.OneToOneField(
        Resource, models.CASCADE, primary_key=True, related_name="entry"
    )
    # The indexes below begin with it. The trigger below checks that it is the resource's.
    organization = models.ForeignKey(
        Organization, models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    type = models.CharField(max_length=LONGEST_SLUG, db_collation="C", default=DEFAULT_TYPE)
    external_id = models.CharField(  # noqa: DJ001 (null is no key, and no key is unique)
        "external id",
        max_length=LONGEST_KEY,
        db_collation="C",
        null=True,
        blank=True,
        help_text="The key by which the system that registered it knows it.",
    )
    name = models.CharField(max_length=LONGEST_NAME)
    name_words = WordsField(of="name")
    url = models.CharField("link", max_length=LONGEST_URL, null=True, blank=True)  # noqa: DJ001 (the contract's null)
    updated_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When its name or link last changed."
    )

    objects = ResourceEntryQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        verbose_name_plural = "resource entries"
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "type", "external_id"], name=KEY_OF_RESOURCE
            ),
            models.CheckConstraint(
                condition=models.Q(external_id=None)
                | models.Q(external_id__regex=r"\A[^\u0001-\u001f\u007f-\u009f]+\Z"),
                name="resource_key_is_printable",
            ),
            models.CheckConstraint(
                condition=models.Q(url=None) | models.Q(url__regex=r"\A[Hh][Tt][Tt][Pp][Ss]?://"),
                name="resource_link_is_http",
            ),
            models.CheckConstraint(condition=~models.Q(name=""), name="resource_has_a_name"),
        )
        indexes = (
            # An organization's list in the order of ids: all of it, and of one type.
            models.Index(fields=["organization", "resource"], name="resource_list"),
            models.Index(fields=["organization", "type", "resource"], name="resource_list_by_type"),
            index_of_words("name_words", name="resource_by_name"),
        )
        triggers = (
            pgtrigger.ReadOnly(name="stays_with_its_resource", fields=["resource", "organization"]),
            entry_is_made,
            entry_changes_type,
        )

    def __str__(self) -> str:
        return self.name
