"""Shows the members of a group and the groups of a user in answers.

The library takes a second for 10,000 of them. So it shows one, and this module the others likewise.
"""

from collections.abc import Iterable
from typing import Any

from scim2_models import Reference, Resource, ResponseParameters

from organizations.scim.resources import Group, GroupMember, UserGroup

# Stands for the members of a group that has none: its answer has an empty list.
STAND_IN = GroupMember.model_construct(
    value="usr_0", ref=Reference("Users/usr_0"), type="User", display="Nobody"
)


def with_one_entry(resource: Resource[Any]) -> Resource[Any]:
    """Return a copy of a user with one of the groups, or of a group with one of the members."""
    name = _name_of(resource)
    entries = getattr(resource, name) or ([STAND_IN] if name == "members" else [])
    return resource.model_copy(update={name: entries[:1] or None})


def add_other_entries(shown: dict[str, Any], resource: Resource[Any], base_url: str) -> None:
    """Show all groups or members in an answer, with the parts that its one entry has."""
    name, root = _name_of(resource), base_url.rstrip("/")
    if one_entry := shown.pop(name, None):
        [parts] = one_entry
        shown[name] = [
            {part: value for part, value in _parts(entry, root) if part in parts}
            for entry in getattr(resource, name) or ()
        ]


def is_requested(name: str, parameters: ResponseParameters[Any] | None) -> bool:
    """Tell whether an attribute is in the answer to a request with these parameters."""
    if parameters is None:
        return True
    named = [
        [part.lower() for part in path.parts]
        for path in parameters.attributes or parameters.excluded_attributes or ()
    ]
    if parameters.attributes:
        return any(attribute == name for attribute, *_ in named)
    return [name] not in named


def _name_of(resource: Resource[Any]) -> str:
    """Return which attribute of a resource is the long list."""
    return "members" if isinstance(resource, Group) else "groups"


def _parts(entry: GroupMember | UserGroup, root: str) -> Iterable[tuple[str, str | None]]:
    """Return what is shown of one entry."""
    shown = (("value", entry.value), ("$ref", f"{root}/{entry.ref}"), ("display", entry.display))
    return (*shown, ("type", entry.type)) if isinstance(entry, GroupMember) else shown
