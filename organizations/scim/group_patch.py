"""A PATCH or PUT of a group, as what it changes: 1,000 operations are one change."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from scim2_models import InvalidValueException, PatchOp
from scim2_models.path import CompareOperator, Comparison, FilterNode

from organizations.scim.resources import Group

OF_GROUP = "urn:ietf:params:scim:schemas:core:2.0:group:"


@dataclass(slots=True)
class GroupPatch:
    """What a request makes of a group's name, its external id, and of who belongs to it.

    With ``replaces``, those who join are all who belong to it then.
    """

    name: str | None = None
    external_id: str | None = None
    joining: set[str] = field(default_factory=set)
    leaving: set[str] = field(default_factory=set)
    replaces: bool = False

    @classmethod
    def of(cls, patch_op: "PatchOp[Any]") -> Self | None:
        """Return what the operations change, or None for a form that needs the group itself.

        Raises InvalidValueException.
        """
        patch = cls()
        for operation in patch_op.operations or []:
            path = operation.path
            if path is None:
                changes = list(_by_attribute(operation.value))
            elif path.value_filter is None:
                changes = [(str(path).lower().removeprefix(OF_GROUP), operation.value)]
            else:
                member = _equal_value(path.value_filter)
                name = str(path).lower().removeprefix(OF_GROUP)
                is_member = name.startswith("members[") and name.endswith("]")
                if operation.op != "remove" or not is_member or member is None:
                    return None
                changes = [("members", {"value": member})]
            for attribute, value in changes:
                if attribute == "members":
                    patch._change_members(operation.op, value)
                elif attribute == "displayname":
                    if not isinstance(value, str) or not value.strip():
                        raise InvalidValueException(detail="A group has a displayName.")
                    patch.name = value
                elif attribute == "externalid":
                    if not isinstance(value, str | None):
                        raise InvalidValueException(detail="An externalId is a text.")
                    patch.external_id = "" if operation.op == "remove" else value or ""
        return patch

    @classmethod
    def replacing(cls, group: Group) -> Self:
        """Return what a PUT changes: what it does not name stays."""
        patch = cls(name=group.display_name)
        if "external_id" in group.model_fields_set:
            patch.external_id = group.external_id or ""
        if "members" in group.model_fields_set:
            patch.joining = {member.value for member in group.members or [] if member.value}
            patch.replaces = True
        return patch

    def _change_members(self, op: str, value: object) -> None:
        """Add members, remove them, or put others in their stead."""
        if value is None or op == "replace":
            self.joining, self.leaving, self.replaces = set(), set(), True
        members = set(member_ids(value))
        if op == "remove":
            self.joining -= members
            self.leaving |= members
        else:
            self.joining |= members
            self.leaving -= members


def member_ids(value: object) -> Iterator[str]:
    """Yield the user ids in the value of ``members``. Raises InvalidValueException."""
    for entry in value if isinstance(value, list) else [value] if value else []:
        member = dict(_by_attribute(entry)).get("value")
        if not isinstance(member, str):
            raise InvalidValueException(detail="A member is named by its value, a user's id.")
        yield member


def _by_attribute(value: object) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object, in lower case, and their values."""
    if not isinstance(value, dict):
        raise InvalidValueException(detail="The value is not an object.")
    for name, item in value.items():
        yield str(name).lower().removeprefix(OF_GROUP), item


def _equal_value(node: FilterNode) -> str | None:
    """Return the user id of ``value eq "…"``, or None for another filter."""
    match node:
        case Comparison(op=CompareOperator.eq, value=str() as value):
            return value if str(node.attr_path).lower() == "value" else None
    return None
