"""What a restoration and its preview return for each user."""

from dataclasses import dataclass

from config.errors import ContractError
from organizations.models import Restoration


@dataclass(frozen=True, slots=True)
class RestorationOutcome:
    """What became of one user: either ``restoration`` is set, or ``refusal`` says why not.

    In a preview neither the restoration nor its membership is saved.
    """

    user_id: str
    restoration: Restoration | None = None
    refusal: ContractError | None = None
