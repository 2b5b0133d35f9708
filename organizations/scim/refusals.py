"""What is refused, as SCIM says it, in our words."""

import re

from pydantic import ValidationError
from scim2_models import (
    ConflictException,
    Error,
    ForbiddenException,
    NotFoundException,
    SCIMException,
)

from config.errors import ContractError
from organizations.exceptions import (
    LastOwnerCannotBeDeactivatedError,
    LastOwnerCannotBeRemovedError,
    UserNotFoundError,
)

_BY_REFUSAL: dict[type[ContractError], type[SCIMException]] = {
    LastOwnerCannotBeDeactivatedError: ForbiddenException,
    LastOwnerCannotBeRemovedError: ForbiddenException,
    UserNotFoundError: NotFoundException,
}


def in_scim(refusal: ContractError) -> SCIMException:
    """Return what SCIM has for a refusal."""
    return _BY_REFUSAL.get(type(refusal), ConflictException)(detail=refusal.message)


def in_our_words(refusal: SCIMException) -> SCIMException:
    """Return a refusal of the library's with our words, which name the attribute if it is known."""
    names: list[str] = []
    if isinstance(refusal.__cause__, ValidationError):
        [first, *_] = refusal.__cause__.errors(include_url=False, include_input=False)
        names = [part for part in first["loc"] if isinstance(part, str) and _NAME.fullmatch(part)]
    said = _WORDS.get(refusal.scim_type, "The request is not of the form that SCIM has.")
    return SCIMException.from_error(
        Error(
            status=refusal.status,
            scim_type=refusal.scim_type,
            detail=": ".join(filter(None, [".".join(names), said])),
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
