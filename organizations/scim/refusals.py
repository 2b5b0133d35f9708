"""What the services refuse, as SCIM says it."""

from scim2_models import (
    ConflictException,
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
