"""The outcome of a removal for one user."""

from dataclasses import dataclass

from config.errors import ContractError
from organizations.models import Removal


@dataclass(frozen=True, slots=True)
class RemovalOutcome:
    """The outcome for one user: ``removal_id`` if they were removed, else ``refusal``.

    If they were refused because they had been removed before, ``earlier`` is that removal.
    """

    user_id: str
    removal_id: str | None = None
    role_count: int = 0
    department_count: int = 0
    resource_count: int = 0
    refusal: ContractError | None = None
    earlier: Removal | None = None
