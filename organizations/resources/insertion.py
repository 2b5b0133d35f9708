"""Makes resources with their entries, and their types where these are new."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from django.db import IntegrityError, connection
from django.utils import timezone

from config.identifiers import generate_id
from organizations.exceptions import TooManyResourceTypesError
from organizations.guards.targets import department_of, heir_of
from organizations.models import ResourceType
from organizations.models.resource_type import DEFAULT_TYPE, MOST_TYPES
from organizations.resources.rows import words_of
from organizations.retries import OvertakenError

TYPES_ARE_LIMITED = "at most 100 types"  # as the database says it
INSERTION = Path(__file__).with_name("insertion.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewResource:
    """A resource to be made; ``owner`` is the id of a user or of a department."""

    owner: str
    name: str
    type: str = DEFAULT_TYPE
    external_id: str | None = None
    url: str | None = None
    id: str = field(default_factory=partial(generate_id, "res"))


def insert(organization_id: str, resources: Sequence[NewResource]) -> None:
    """Make resources with their entries in three statements, four where a type is new.

    The caller has locked the memberships of the owners and the resources that are there. Raises
    TooManyResourceTypesError, and OvertakenError where another made a key meanwhile.
    """
    if not resources:
        return
    name_types(organization_id, {resource.type for resource in resources})
    with connection.cursor() as cursor:
        # The commit looks up each resource and each entry by its foreign key, and a connection
        # keeps the plan of its first commits, when there were few: it would read all for each.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            INSERTION,
            {
                "organization_id": organization_id,
                "ids": [resource.id for resource in resources],
                "types": [resource.type for resource in resources],
                "external_ids": [resource.external_id for resource in resources],
                "names": [resource.name for resource in resources],
                "words": [words_of(resource.name) for resource in resources],
                "urls": [resource.url for resource in resources],
                "owner_ids": [heir_of(resource.owner) for resource in resources],
                "department_ids": [department_of(resource.owner) for resource in resources],
                "updated_at": timezone.now(),
            },
        )
        if cursor.rowcount < len(resources):
            raise OvertakenError("another made a resource of the same key meanwhile")


def name_types(organization_id: str, slugs: set[str]) -> None:
    """Make those of these types that are new, or raise TooManyResourceTypesError."""
    try:
        ResourceType.objects.ensure(organization_id, slugs)
    except IntegrityError as error:
        if TYPES_ARE_LIMITED not in str(error):
            raise
        raise TooManyResourceTypesError({"limit": MOST_TYPES}) from error
