"""What tells one state of a resource from another."""

import hashlib
from typing import Any

from scim2_models import PreconditionFailedException, Resource


def version_of(resource: Resource[Any]) -> str:
    """Return the version of a resource: its own content, whenever it came to be.

    A user's groups are not the user's own: one that is renamed keeps no user from being changed.
    """
    return version_from(resource.model_dump(exclude={"meta", "groups"}))


def version_from(content: object) -> str:
    """Return the version of what has this content."""
    return f'W/"{hashlib.sha256(repr(content).encode()).hexdigest()[:32]}"'


def require_version(resource: Resource[Any], expected: str | None) -> None:
    """Raise PreconditionFailedException for a resource that is not in the expected version."""
    if expected is not None and (resource.meta is None or resource.meta.version != expected):
        raise PreconditionFailedException
