"""The base class of the contract's errors; each subclass is declared like a row of its table."""

from collections.abc import Mapping
from typing import ClassVar, Literal

ErrorType = Literal[
    "client_error",
    "authentication_error",
    "authorization_error",
    "validation_error",
    "rate_limit_error",
    "server_error",
]

_TYPES: dict[int, ErrorType] = {
    401: "authentication_error",
    403: "authorization_error",
    429: "rate_limit_error",
}


class ContractError(Exception):
    """An error of the contract (contract: Errors).

    ``message`` is safe to show to people. ``system_message`` is for developers and logs: the
    message in lower case, unless a more precise one is given. The status decides the type, unless
    ``is_validation`` makes it a validation_error.
    """

    status: int
    code: str
    message: str
    is_validation: ClassVar[bool] = False

    def __init__(
        self, details: Mapping[str, object] | None = None, *, system_message: str | None = None
    ) -> None:
        super().__init__(self.message)
        self.details = details or {}
        self.system_message = system_message or self.message.lower()

    @property
    def type(self) -> ErrorType:
        """The kind of error, for programs to decide by."""
        if self.is_validation:
            return "validation_error"
        if self.status >= 500:
            return "server_error"
        return _TYPES.get(self.status, "client_error")


class InsufficientPermissionsError(ContractError):
    """The caller lacks a capability, or the target holds one that the caller does not."""

    status = 403
    code = "INSUFFICIENT_PERMISSIONS"
    message = "You do not have permission to perform this action."
