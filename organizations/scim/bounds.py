"""Limits what one request may ask for, before the library reads it.

The library's work grows with the square of what is sent, or faster. Refusals here are in our own
words. Unpublished attributes are dropped, whatever their form and size.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pydantic import ValidationError
from scim2_models import (
    Error,
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    InvalidValueException,
    SCIMException,
    TooManyException,
)

from config.api.parser import without_duplicates

MOST_CHARACTERS = 2000  # of a filter or a path
MOST_TERMS = 20
MOST_TERMS_OF_ALL = 100  # of all paths of a request, beside the first of each
MOST_EMAILS = 20
MOST_NAMES = 100  # in `attributes` or `excludedAttributes`, and in an object
MOST_OPERATIONS = 100  # on a user
MOST_VALUES = 1000  # in the body of a user
MOST_OF_A_HEADER = 1000  # characters
DEEPEST = 8  # values within values
LAST_INDEX = 2**31  # no organization has as many members

OF_USER = "urn:ietf:params:scim:schemas:core:2.0:user"
OF_GROUP = "urn:ietf:params:scim:schemas:core:2.0:group"
PUBLISHED = frozenset(
    {
        *("schemas", "id", "meta", "externalid", "username", "name", "displayname"),
        *("emails", "active"),
    }
)
SHOWN = PUBLISHED | {"groups", "members"}
_URN = re.compile(r"urn:ietf:params:scim:schemas:core:2\.0:(?:user|group):", re.IGNORECASE)
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_JOINT = re.compile(r"\b(?:and|or|not)\b|\(", re.IGNORECASE)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,100}")


def read_json(body: bytes) -> Any:
    """Return the JSON in a body. Raises InvalidSyntaxException, also for a duplicate name."""
    content = decoded(body)
    try:
        json.dumps(content, ensure_ascii=False).encode()  # refuses lone surrogates
    except ValueError as error:
        raise InvalidSyntaxException(detail="The body is not valid JSON.") from error
    return content


def decoded(body: bytes) -> Any:
    """Return the JSON in a body, lone surrogates included. Raises InvalidSyntaxException."""
    try:
        return json.loads(body.decode("utf-8-sig"), object_pairs_hook=without_duplicates)
    except (ValueError, RecursionError) as error:
        raise InvalidSyntaxException(detail="The body is not valid JSON.") from error


def has_surrogates(text: str) -> bool:
    """Tell whether a text has lone surrogates, which UTF-8 cannot encode."""
    return any("\ud800" <= character <= "\udfff" for character in text)


def read_object(content: object) -> dict[str, Any]:
    """Return a body that is an object, with names in lower case: SCIM ignores their case."""
    if not isinstance(content, dict):
        raise InvalidSyntaxException(detail="The body is not a JSON object.")
    lowered = {name.lower(): value for name, value in content.items()}
    if len(lowered) < len(content):
        raise InvalidSyntaxException(detail="A name stands twice in an object.")
    return lowered


def bounded_user(content: object) -> dict[str, Any]:
    """Return the published attributes in the body of a user. Raises TooManyException."""
    user = dict(_published(read_object(content)))
    _check_values([user])
    _check_emails(_lists_of_emails(user))
    return user


def bounded_operations(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations of a user's PATCH; without a path, they keep published attributes only.

    Raises InvalidSyntaxException, InvalidPathException, TooManyException.
    """
    operations = operations_of(message)
    if len(operations) > MOST_OPERATIONS:
        raise TooManyException(detail=f"A user is changed by {MOST_OPERATIONS} operations at most.")
    emails = []
    terms = 0
    for operation in operations:
        path, value = operation.get("path"), operation.get("value")
        if path is None and isinstance(value, dict):
            operation["value"] = value = dict(_published(value))
            emails += _lists_of_emails(value)
        elif isinstance(path, str):
            check_path(path)
            terms += len(_joints(path))
            if _attribute(path) == "emails":
                emails.append([path] if "[" in path else value)
    if terms > MOST_TERMS_OF_ALL:
        raise TooManyException(detail=f"The paths have {MOST_TERMS_OF_ALL} terms at most.")
    _check_values([operation.get("value") for operation in operations])
    _check_emails(emails)
    return operations


def operations_of(message: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the operations of a PATCH, each with what it has of ``op``, ``path`` and ``value``.

    A path to the resource itself, empty or its schema, is left out: it says as much as none.
    """
    operations = message.get("operations")
    if not isinstance(operations, list) or not operations:
        raise InvalidValueException(detail="Operations is a list of one or more operations.")
    return [_operation(read_object(each)) for each in operations]


def _operation(sent: Mapping[str, Any]) -> dict[str, Any]:
    operation = {name: sent[name] for name in ("op", "path", "value") if name in sent}
    path = operation.get("path")
    if isinstance(path, str) and path.strip().lower() in ("", OF_USER, OF_GROUP):
        del operation["path"]
    return operation


def check_path(path: str) -> None:
    """Raise InvalidPathException for a path that is too long or has too many terms."""
    if reason := _excess(path, "path"):
        raise InvalidPathException(detail=reason)


def bounded_search(content: object) -> dict[str, Any]:
    """Return the parameters of a search, by name in lower case, with numbers the database can take.

    Raises InvalidFilterException, InvalidValueException, TooManyException.
    """
    search = read_object(content)
    if isinstance(text := search.get("filter"), str) and (reason := _excess(text, "filter")):
        raise InvalidFilterException(detail=reason)
    for name in ("startindex", "count"):
        if name in search:
            search[name] = _bounded_number(search[name])
    for name in ("attributes", "excludedattributes"):
        if name in search:
            search[name] = bounded_names(search[name])
    return search


def bounded_names(names: object) -> object:
    """Return the attributes in a list or a text with commas, each once, joined by commas.

    One unpublished name stays: a list of such names alone selects no published attribute. Raises
    TooManyException, InvalidPathException.
    """
    listed = [names] if isinstance(names, str) else names
    if not isinstance(listed, list) or not all(isinstance(name, str) for name in listed):
        return names
    each = [part.strip() for name in listed for part in name.split(",", MOST_NAMES + 1)]
    if len(each) > MOST_NAMES:
        raise TooManyException(detail=f"At most {MOST_NAMES} attributes are named.")
    for name in each:
        check_path(name)
    distinct = {name.lower(): name for name in each}
    unknown = [name for name in distinct if _attribute(name) not in SHOWN][1:]
    return ",".join(name for key, name in distinct.items() if key not in unknown)


def check_header(value: str | None) -> str | None:
    """Return the header. Raises InvalidValueException if it is too long."""
    if value and len(value) > MOST_OF_A_HEADER:
        raise InvalidValueException(detail=f"A header has {MOST_OF_A_HEADER} characters at most.")
    return value


def _attribute(path: str) -> str:
    """Return the attribute that a path, or a name in a value, begins with, in lower case."""
    return re.split(r"[.\[\s]", _URN.sub("", path.lower(), count=1), maxsplit=1)[0]


def _published(values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the attributes that are published, and their values."""
    for name, value in values.items():
        if name.lower() == OF_USER and isinstance(value, dict):
            yield name, dict(_published(value))
        elif _attribute(name) in PUBLISHED:
            check_path(name)
            yield name, value


def _lists_of_emails(values: Mapping[str, Any]) -> list[Any]:
    """Return each value given for ``emails``."""
    found = [value for name, value in values.items() if _attribute(name) == "emails"]
    for name, value in values.items():
        if name.lower() == OF_USER and isinstance(value, dict):
            found += _lists_of_emails(value)
    return found


def _check_emails(values: Iterable[object]) -> None:
    """Raise TooManyException for too many e-mails in all."""
    if sum(len(value) for value in values if isinstance(value, list)) > MOST_EMAILS:
        raise TooManyException(detail=f"A user has {MOST_EMAILS} e-mails at most.")


def _check_values(values: list[Any]) -> None:
    """Raise TooManyException or InvalidSyntaxException for too many values or too deep nesting."""
    total = 0
    for _ in range(DEEPEST):
        within: list[Any] = []
        for value in values:
            entries = list(value.values()) if isinstance(value, dict) else value
            if not isinstance(entries, list):
                continue
            if len(entries) > MOST_NAMES:
                detail = f"A list or an object has {MOST_NAMES} entries at most."
                raise TooManyException(detail=detail)
            within += entries
        if not within:
            return
        total += len(within)
        if total > MOST_VALUES:
            raise TooManyException(detail=f"A request has {MOST_VALUES} values at most.")
        values = within
    raise InvalidSyntaxException(detail="Values are too deep within one another.")


def _excess(text: str, what: str) -> str:
    """Return why a filter or a path is refused as too long, or ""."""
    if len(text) > MOST_CHARACTERS:
        return f"A {what} has {MOST_CHARACTERS} characters at most."
    if len(_joints(text)) >= MOST_TERMS:
        return f"A {what} has {MOST_TERMS} terms at most."
    return ""


def _joints(text: str) -> list[str]:
    """Return the operators and opening parentheses between the terms of a filter or a path."""
    return _JOINT.findall(_QUOTED.sub('""', text))


def _bounded_number(number: object) -> int:
    """Return the nearest number that the database can take. Raises InvalidValueException."""
    if isinstance(number, str) and _WHOLE_NUMBER.fullmatch(number.strip()):
        number = int(number)
    if not isinstance(number, int) or isinstance(number, bool):
        raise InvalidValueException(detail="startIndex and count are whole numbers.")
    return max(-1, min(number, LAST_INDEX))


def rephrased(refusal: SCIMException) -> SCIMException:
    """Return a refusal of the library in our words, after the attribute if it is known."""
    names: list[str] = []
    if isinstance(refusal.__cause__, ValidationError):
        [first, *_] = refusal.__cause__.errors(include_url=False, include_input=False)
        names = [part for part in first["loc"] if isinstance(part, str) and _NAME.fullmatch(part)]
    words = _WORDS.get(refusal.scim_type, "The request is not of the form that SCIM has.")
    return SCIMException.from_error(
        Error(
            status=refusal.status,
            scim_type=refusal.scim_type,
            detail=": ".join(filter(None, [".".join(names), words])),
        )
    )


_NAME = re.compile(r"[\w$]+")
_WORDS = {
    "invalidFilter": "The filter is not one of SCIM's, or names an attribute that is not there.",
    "invalidPath": "The path is not one of SCIM's, or names an attribute that is not there.",
    "invalidValue": "The value is missing, or not of the form that SCIM has.",
    "mutability": "The attribute is read-only, or required, and stays as it is.",
    "noTarget": "The path is missing, or chooses nothing that is there.",
}
