"""A stand-in until the service itself is merged."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction

from config.errors import ContractError
from organizations.models import Department, Removal, Resource
from users.models import User


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """How many resources of one user passed on, or why none did."""

    user_id: str
    resource_count: int = 0
    refusal: ContractError | None = None


@transaction.atomic
def transfer_resources(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: str | Mapping[str, str],
    actor: User | None,
    source: Removal.Source,
    reason: str = "",
    trace_id: str = "",
) -> list[TransferOutcome]:
    """Pass what users own in an organization to a department; return how much it was."""
    outcomes = []
    for user_id in user_ids:
        target = transfer_to if isinstance(transfer_to, str) else transfer_to[user_id]
        department = Department.objects.get(organization=organization_id, pk=target)
        number = Resource.objects.owned_by(user_id).pass_to(department)
        outcomes.append(TransferOutcome(user_id, number))
    return outcomes
