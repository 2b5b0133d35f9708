"""Reads a PATCH or PUT of a user attribute by attribute, so that faults can be passed over."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pydantic import ValidationError
from scim2_models import (
    Context,
    InvalidPathException,
    InvalidValueException,
    PatchOp,
    SCIMException,
    TooManyException,
)
from scim2_server.service import scim_exception_of

from organizations.scim import bounds
from organizations.scim.identities import ATTRIBUTES
from organizations.scim.resources import User

# The fields that a request changes, and their attributes, by the attribute in lower case.
FIELDS = {attribute.lower(): field for field, attribute in ATTRIBUTES.items()}
# Sent along by some directories, and never changed by them.
READ_ONLY = frozenset({"id", "meta", "schemas", "groups"})
_INSIDE = re.compile(r"[.\[]")


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """The change of one attribute: an operation of a PATCH, or a replacement.

    ``attribute`` is "" for an operation on anything else.
    """

    attribute: str
    operation: Any = None
    replacement: Any = None

    def apply(self, user: User) -> None:
        """Change a user. Raises SCIMException; for a wrong value, in our words."""
        try:
            if self.operation is None:
                self._replace(user)
            else:
                patch = PatchOp[User].model_validate(
                    {"Operations": [self.operation]}, scim_ctx=Context.RESOURCE_PATCH_REQUEST
                )
                patch.patch(user)
        except (ValidationError, SCIMException) as error:
            refusal = scim_exception_of(error) if isinstance(error, ValidationError) else error
            if refusal.scim_type != InvalidValueException.scim_type:
                raise refusal from error
            raise InvalidValueException(
                detail=f"{self.attribute or 'An operation'} cannot be changed so."
            ) from error

    def _replace(self, user: User) -> None:
        named = User.model_validate(self.replacement)
        for name in named.model_fields_set & set(FIELDS.values()):
            setattr(user, name, getattr(named, name))


@dataclass(slots=True)
class UserChange:
    """The change of a user: the state, None to leave it, and other attributes.

    Read-only and unpublished attributes are dropped. With ``state`` False, faults of the others are
    passed over: nothing keeps a leaver in.
    """

    state: bool | None = None
    attributes: list[AttributeChange] = field(default_factory=list)

    @classmethod
    def patching(cls, body: bytes) -> Self:
        """Return the change that the body of a PATCH asks for. Raises SCIMException."""
        message = bounds.read_object(bounds.decoded(body))
        operations = message.get("operations")
        if not isinstance(operations, list):
            raise InvalidValueException(detail="Operations is a list of one or more operations.")
        well_formed = [operation for operation in operations if isinstance(operation, dict)]
        change = cls(
            attributes=[
                AttributeChange("", operation)
                for operation in operations
                if not isinstance(operation, dict)
            ]
        )
        for operation in bounds.bounded_operations({"operations": well_formed}):
            change._add_operation(operation)
        if len(change.attributes) > bounds.MOST_OPERATIONS:
            raise TooManyException(
                detail=f"A user is changed by {bounds.MOST_OPERATIONS} operations at most."
            )
        return change

    @classmethod
    def replacing(cls, body: bytes) -> Self:
        """Return the change that the body of a PUT asks for. Raises SCIMException.

        Attributes that it does not name stay.
        """
        change = cls()
        for name, attribute, value in _attributes(bounds.bounded_user(bounds.decoded(body))):
            if attribute == "active":
                change._set_state(value)
            elif attribute in FIELDS:
                change.attributes.append(
                    AttributeChange(_named(attribute), replacement={name: value})
                )
        named = {attribute.attribute for attribute in change.attributes}
        if change.state is not False and "userName" not in named:
            raise InvalidValueException(detail="A user has a userName.")
        return change

    def apply(self, user: User) -> list[tuple[str, SCIMException]]:
        """Change a user; return the attributes passed over, and why. Raises SCIMException."""
        passed_over = []
        for change in self.attributes:
            try:
                change.apply(user)
            except SCIMException as refusal:
                if self.state is not False:
                    raise
                passed_over.append((change.attribute, refusal))
        if self.state is not None:
            user.active = self.state
        return passed_over

    def _set_state(self, value: object) -> None:
        """Set the state from a value; null leaves it."""
        state = state_of(value)
        self.state = self.state if state is None else state

    def _add_operation(self, sent: Mapping[str, Any]) -> None:
        """Add an operation; one without a path, attribute by attribute."""
        op = str(sent.get("op")).lower()
        path, value = sent.get("path"), sent.get("value")
        if op in ("add", "replace") and path is None and isinstance(value, dict):
            for name, attribute, part in _attributes(value):
                if attribute == "active":
                    self._set_state(part)
                elif attribute in FIELDS:
                    partial = {"op": op, "value": {name: part}}
                    self.attributes.append(AttributeChange(_named(attribute), partial))
            return
        attribute = _attribute_of(str(path)) if path is not None else ""
        if attribute == "active" and op in ("add", "replace", "remove"):
            if str(path).strip().lower().removeprefix(f"{bounds.OF_USER}:") != "active":
                raise InvalidPathException(detail="active has no parts.")
            if op != "remove":  # which leaves the state
                self._set_state(value)
        elif attribute not in READ_ONLY:
            self.attributes.append(AttributeChange(_named(attribute), sent))


def state_of(value: object) -> bool | None:
    """Return the state in a value of ``active``; None for null.

    The value is a boolean, or Entra ID's form of one: ``"False"``, ``[{"value": "False"}]``. Raises
    InvalidValueException for any other.
    """
    if isinstance(value, list) and len(value) == 1:
        [value] = value
    if isinstance(value, dict) and "value" in value:
        value = value["value"]
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    if value is None or isinstance(value, bool):
        return value
    raise InvalidValueException(detail="active is true or false.")


def with_readable_state(user: dict[str, Any]) -> dict[str, Any]:
    """Return the body of a new user with ``active`` as a boolean. Raises InvalidValueException."""
    states = {
        name: state_of(value)
        for name, attribute, value in _attributes(user)
        if attribute == "active" and name in user
    }
    return user | states


def _attributes(values: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Yield each name as sent, its attribute in lower case, and its value."""
    for name, value in values.items():
        if name.lower() == bounds.OF_USER and isinstance(value, dict):
            for inner, part in value.items():
                yield inner, _attribute_of(inner), part
        else:
            yield name, _attribute_of(name), value


def _named(attribute: str) -> str:
    """Return an attribute of a user as SCIM writes it, or "" for another."""
    return ATTRIBUTES.get(FIELDS.get(attribute, ""), "")


def _attribute_of(path: str) -> str:
    """Return the attribute that a path leads to or into, in lower case."""
    return _INSIDE.split(path.strip().lower().removeprefix(f"{bounds.OF_USER}:"), maxsplit=1)[0]
