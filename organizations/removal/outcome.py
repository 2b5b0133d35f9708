"""What a removal returns for each user."""

from dataclasses import dataclass

from config.errors import ContractError
from organizations.models import Removal


@dataclass(frozen=True, slots=True)
class RemovalOutcome:
    """What became of one user: either ``removal_id`` is set, or ``refusal`` says why not.

    A refused user who was removed before has that record in ``earlier``.
    """

    user_id: str
    removal_id: str | None = None
    role_count: int = 0
    department_count: int = 0
    resource_count: int = 0
    refusal: ContractError | None = None
    earlier: Removal | None = None
