"""The members of a group and the groups of a user, as they are answered.

There may be thousands of them, and the library takes a second to show 10,000: it shows the rest.
"""

from collections.abc import Iterable
from typing import Any

from scim2_models import Resource, ResponseParameters
from scim2_models.path import Path

from organizations.scim.resources import Group, GroupMember, UserGroup

Asked = ResponseParameters[Any] | None


def without_long_list(resource: Resource[Any]) -> Resource[Any]:
    """Return a copy of a user or a group without their long list."""
    return resource.model_copy(update={_name_of(resource): None})


def add_long_list(
    shown: dict[str, Any], resource: Resource[Any], base_url: str, asked: Asked
) -> None:
    """Add to a user or a group, as it is answered, its long list, where that is asked for."""
    name = _name_of(resource)
    entries = getattr(resource, name)
    # A group to which nobody belongs says so: [].
    if (entries or name == "members") and is_asked_for(name, asked):
        parts = _parts_asked_for(name, asked)
        root = base_url.rstrip("/")
        shown[name] = [
            {part: value for part, value in _parts(entry, root) if part in parts}
            for entry in entries or ()
        ]


def is_asked_for(name: str, asked: Asked) -> bool:
    """Tell whether an attribute is in the answer to a request that asks so."""
    if asked is None:
        return True
    if asked.attributes:
        return any(attribute == name for attribute, *_ in _named(asked.attributes))
    return [name] not in list(_named(asked.excluded_attributes))


def _name_of(resource: Resource[Any]) -> str:
    """Return which attribute of a resource is the long list."""
    return "members" if isinstance(resource, Group) else "groups"


def _parts_asked_for(name: str, asked: Asked) -> frozenset[str]:
    """Return which sub-attributes of an attribute are in the answer."""
    every = frozenset({"value", "$ref", "type", "display"})
    if asked is None:
        return every

    def parts(paths: Iterable[Path[Any]] | None) -> frozenset[str]:
        return frozenset(part for first, *rest in _named(paths) if first == name for part in rest)

    if asked.attributes:
        whole = [name] in list(_named(asked.attributes))
        return every if whole else parts(asked.attributes)
    return every - parts(asked.excluded_attributes)


def _named(paths: Iterable[Path[Any]] | None) -> Iterable[list[str]]:
    """Yield attributes, each with its sub-attribute if it is named, in small letters."""
    return ([part.lower() for part in path.parts] for path in paths or ())


def _parts(entry: GroupMember | UserGroup, root: str) -> Iterable[tuple[str, str | None]]:
    """Return what is shown of one entry."""
    shown = (("value", entry.value), ("$ref", f"{root}/{entry.ref}"), ("display", entry.display))
    return (*shown, ("type", entry.type)) if isinstance(entry, GroupMember) else shown
