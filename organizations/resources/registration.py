"""Reads what another system says of a resource, for the API and the command."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

from config.api.errors import InvalidFieldsError
from config.characters import clean
from organizations.guards.transfer_targets import is_type
from organizations.models.resource_entry import LONGEST_KEY, LONGEST_NAME, LONGEST_URL
from organizations.models.resource_type import NO_SLUG

OWNER_USER, OWNER_DEPARTMENT = "owner_user_id", "owner_department_id"
FIELDS = ("type", "external_id", "name", "url", OWNER_USER, OWNER_DEPARTMENT, "id")

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_BLANK = re.compile(r"\s")
_KNOWN = frozenset(FIELDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The desired state of a resource; ``owner`` is the id of a user or a department.

    Without an owner the present one keeps it. ``id`` names a resource without a key, which gets
    this type and key.
    """

    type: str
    external_id: str
    name: str
    url: str | None = None
    owner: str | None = None
    owner_field: str = OWNER_USER
    id: str | None = None

    @property
    def key(self) -> tuple[str, str]:
        """Its type and its key."""
        return self.type, self.external_id

    @classmethod
    def read(cls, fields: Mapping[str, object]) -> Self:
        """Return the registration; raises InvalidFieldsError that names every invalid field."""
        wrong = dict(_problems(fields))
        if wrong:
            raise InvalidFieldsError({name: [message] for name, message in wrong.items()})
        values: Mapping[str, str | None] = fields  # type: ignore[assignment]  # texts, as checked above
        user, department = values.get(OWNER_USER), values.get(OWNER_DEPARTMENT)
        return cls(
            type=values["type"] or "",
            external_id=values["external_id"] or "",
            name=values["name"] or "",
            url=values.get("url"),
            owner=department if user is None else user,
            owner_field=OWNER_DEPARTMENT if user is None else OWNER_USER,
            id=values.get("id"),
        )


def _problems(fields: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield each invalid field with a message."""
    for unknown in (name for name in fields if name not in _KNOWN):
        yield unknown, "This field is not known."
    slug = fields.get("type")
    if not isinstance(slug, str):
        yield "type", _missing(slug)
    elif not is_type(slug):
        yield "type", NO_SLUG
    key = fields.get("external_id")
    if not isinstance(key, str):
        yield "external_id", _missing(key)
    elif not _is_external_id(key):
        yield "external_id", f"1 to {LONGEST_KEY} characters, without control characters."
    name = fields.get("name")
    if not isinstance(name, str):
        yield "name", _missing(name)
    elif not 1 <= len(name) <= LONGEST_NAME or "\0" in name or not clean(name):
        yield "name", f"1 to {LONGEST_NAME} characters, one of them visible."
    url = fields.get("url")
    if url is not None and not (isinstance(url, str) and _is_link(url)):
        yield (
            "url",
            f"An address that begins with http:// or https://, to {LONGEST_URL:,} characters.",
        )
    for field in (OWNER_USER, OWNER_DEPARTMENT, "id"):
        if not isinstance(fields.get(field), str | None):
            yield field, "Not a valid string."
    if fields.get(OWNER_USER) is not None and fields.get(OWNER_DEPARTMENT) is not None:
        for field in (OWNER_USER, OWNER_DEPARTMENT):
            yield field, "Name a user or a department, not both."


def _missing(value: object) -> str:
    """Return the message for a value that is no text."""
    return "This field is required." if value is None else "Not a valid string."


def _is_link(url: str) -> bool:
    """Tell whether this is an http or https address."""
    if len(url) > LONGEST_URL or _CONTROL.search(url) or _BLANK.search(url):
        return False
    try:
        address = urlsplit(url)
        return address.scheme in ("http", "https") and bool(address.hostname)
    except ValueError:  # such as a bracket that is not closed
        return False


def _is_external_id(text: str) -> bool:
    """Tell whether this can be the key of a resource."""
    return 1 <= len(text) <= LONGEST_KEY and not _CONTROL.search(text)


def is_key(slug: str, external_id: str) -> bool:
    """Tell whether this can be a type and a key; if not, no resource has them."""
    return is_type(slug) and _is_external_id(external_id)


def is_addressable(external_id: str) -> bool:
    """Tell whether a URL can have this key: clients and proxies rewrite some segments."""
    return not {"", ".", ".."}.intersection(external_id.split("/"))
