"""Shows the members of a group and the groups of a user in answers.

There may be thousands of them, and the library takes a second to show 10,000: it shows the rest.
"""

from collections.abc import Iterable
from typing import Any

from scim2_models import Resource, ResponseParameters
from scim2_models.path import Path

from organizations.scim.resources import Group, GroupMember, UserGroup

Parameters = ResponseParameters[Any] | None


def without_long_list(resource: Resource[Any]) -> Resource[Any]:
    """Return a copy of a user or a group without their long list."""
    return resource.model_copy(update={_name_of(resource): None})


def add_long_list(
    shown: dict[str, Any], resource: Resource[Any], base_url: str, parameters: Parameters
) -> None:
    """Add to a user or a group, as it is answered, its long list, if the parameters ask for it."""
    name = _name_of(resource)
    entries = getattr(resource, name)
    # A group to which nobody belongs says so: [].
    if (entries or name == "members") and is_requested(name, parameters):
        parts = _requested_parts(name, parameters)
        root = base_url.rstrip("/")
        shown[name] = [
            {part: value for part, value in _parts(entry, root) if part in parts}
            for entry in entries or ()
        ]


def is_requested(name: str, parameters: Parameters) -> bool:
    """Tell whether an attribute is in the answer to a request with these parameters."""
    if parameters is None:
        return True
    if parameters.attributes:
        return any(attribute == name for attribute, *_ in _named(parameters.attributes))
    return [name] not in list(_named(parameters.excluded_attributes))


def _name_of(resource: Resource[Any]) -> str:
    """Return which attribute of a resource is the long list."""
    return "members" if isinstance(resource, Group) else "groups"


def _requested_parts(name: str, parameters: Parameters) -> frozenset[str]:
    """Return which sub-attributes of an attribute are in the answer."""
    every = frozenset({"value", "$ref", "type", "display"})
    if parameters is None:
        return every

    def parts(paths: Iterable[Path[Any]] | None) -> frozenset[str]:
        return frozenset(part for first, *rest in _named(paths) if first == name for part in rest)

    if parameters.attributes:
        whole = [name] in list(_named(parameters.attributes))
        return every if whole else parts(parameters.attributes)
    return every - parts(parameters.excluded_attributes)


def _named(paths: Iterable[Path[Any]] | None) -> Iterable[list[str]]:
    """Yield attributes, each with its sub-attribute if it is named, in lower case."""
    return ([part.lower() for part in path.parts] for path in paths or ())


def _parts(entry: GroupMember | UserGroup, root: str) -> Iterable[tuple[str, str | None]]:
    """Return what is shown of one entry."""
    shown = (("value", entry.value), ("$ref", f"{root}/{entry.ref}"), ("display", entry.display))
    return (*shown, ("type", entry.type)) if isinstance(entry, GroupMember) else shown
