"""The contract's errors as a family of classes, each declared like a row of its table."""

from collections.abc import Mapping
from typing import Literal

ErrorType = Literal[
    "client_error",
    "authentication_error",
    "authorization_error",
    "validation_error",
    "rate_limit_error",
    "server_error",
]


class ContractError(Exception):
    """A refusal that the contract names (contract: Errors).

    ``message`` is safe to show to a person. ``system_message`` is for developers and logs; it is
    the message in lower case unless something more precise is given.
    """

    status: int
    code: str
    type: ErrorType
    message: str

    def __init__(
        self, details: Mapping[str, object] | None = None, *, system_message: str | None = None
    ) -> None:
        super().__init__(self.message)
        self.details = details or {}
        self.system_message = system_message or self.message.lower()


class InsufficientPermissionsError(ContractError):
    """The caller lacks a capability, or the target holds one that the caller does not."""

    status = 403
    code = "INSUFFICIENT_PERMISSIONS"
    type = "authorization_error"
    message = "You do not have permission to perform this action."
