"""Users and groups as SCIM shows them: what is published of members and departments."""

import hashlib
from typing import Annotated, Any, ClassVar, Union

from pydantic import Field
from scim2_models import (
    URN,
    ComplexAttribute,
    Mutability,
    PreconditionFailedException,
    Reference,
    Required,
    Resource,
    Uniqueness,
)


class Name(ComplexAttribute):
    """The parts of a name, as the directory gave them."""

    formatted: str | None = None
    family_name: str | None = None
    given_name: str | None = None


class Email(ComplexAttribute):
    """An e-mail address: the account has one, which is shown as the primary one, of work."""

    value: str | None = None
    type: str | None = Field(None, examples=["work"])
    primary: bool | None = None


class UserGroup(ComplexAttribute):
    """A department of a member."""

    value: Annotated[str | None, Mutability.read_only] = None
    ref: Annotated[Reference[Union["Group"]] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    display: Annotated[str | None, Mutability.read_only] = None


class User(Resource[Any]):
    """A member, active or deactivated."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    name: Name | None = None
    display_name: str | None = None
    emails: list[Email] | None = None
    active: bool | None = None
    groups: Annotated[list[UserGroup] | None, Mutability.read_only] = None

    Name: ClassVar[type[ComplexAttribute]] = Name
    Emails: ClassVar[type[ComplexAttribute]] = Email
    Groups: ClassVar[type[ComplexAttribute]] = UserGroup


class GroupMember(ComplexAttribute):
    """A member who belongs to a department."""

    value: Annotated[str | None, Mutability.immutable] = None
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    display: Annotated[str | None, Mutability.read_only] = None


class Group(Resource[Any]):
    """A department."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Required.true, Uniqueness.server] = None
    members: list[GroupMember] | None = None

    Members: ClassVar[type[ComplexAttribute]] = GroupMember


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
