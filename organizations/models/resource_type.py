"""The types of the resources of an organization."""

from collections.abc import Collection
from typing import Any

import pgtrigger
from django.core.validators import RegexValidator
from django.db import IntegrityError, models
from django.db.backends.base.base import BaseDatabaseWrapper

from organizations.exceptions import TooManyResourceTypesError
from organizations.models.organization import Organization
from organizations.resources.triggers import types_are_limited

DEFAULT_TYPE = "resource"
MOST_TYPES = 100  # of an organization; the trigger types_are_limited enforces it
_TYPES_ARE_LIMITED = f"at most {MOST_TYPES} types"  # as the database says it
LONGEST_SLUG = 64
SLUG = rf"\A[a-z0-9][a-z0-9._-]{{0,{LONGEST_SLUG - 1}}}\Z"
NO_SLUG = f"1 to {LONGEST_SLUG} of a-z, 0-9, '.', '_' and '-', beginning with a letter or a digit."
_IS_SLUG = RegexValidator(SLUG, NO_SLUG)


class SlugField(models.CharField[str, str]):
    """The slug of a type, such as ``repository``; the database refuses every other form."""

    def __init__(self, **options: Any) -> None:
        fixed = {"max_length": LONGEST_SLUG, "db_collation": "C", "validators": [_IS_SLUG]}
        super().__init__(**{**options, **fixed})

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, arguments, options = super().deconstruct()
        for fixed in ("max_length", "db_collation", "validators"):
            del options[fixed]
        return name, path, [*arguments], options

    def db_check(self, connection: BaseDatabaseWrapper) -> str:
        """Return the condition with which the database checks the form; the column its length."""
        return rf"{connection.ops.quote_name(self.column)} ~ '\A[a-z0-9][a-z0-9._-]*\Z'"


class ResourceTypeQuerySet(models.QuerySet["ResourceType"]):
    def ensure(self, organization_id: str, slugs: Collection[str]) -> None:
        """Make those of these types that an organization does not have yet.

        The caller holds the locks that resources need: a new type locks the organization's row,
        which comes last. Raises TooManyResourceTypesError.
        """
        existing = self.filter(organization=organization_id, slug__in=slugs)
        missing = set(slugs).difference(existing.values_list("slug", flat=True))
        made = (
            ResourceType(organization_id=organization_id, slug=slug) for slug in sorted(missing)
        )
        try:
            self.bulk_create(made, ignore_conflicts=True)
        except IntegrityError as error:
            if _TYPES_ARE_LIMITED not in str(error):
                raise
            raise TooManyResourceTypesError({"limit": MOST_TYPES}) from error


class ResourceType(models.Model):
    """A kind of resource, such as ``repository``. Made when first named."""

    pk = models.CompositePrimaryKey("organization", "slug")
    # The primary key begins with it.
    organization = models.ForeignKey(
        Organization, models.CASCADE, related_name="resource_types", db_index=False
    )
    slug = SlugField()

    objects = ResourceTypeQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        triggers = (
            types_are_limited,
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update),
        )

    def __str__(self) -> str:
        return self.slug
