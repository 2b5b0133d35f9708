"""STAND-IN, to be overwritten at the merge: the interface of the transfer, without its event."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db import transaction

from config.errors import ContractError
from organizations.exceptions import DepartmentNotFoundError
from organizations.models import Department, Removal, Resource
from users.models import User

Source = Removal.Source


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """How many resources of one user were passed on, or why none were."""

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
    source: Source,
    reason: str = "",
    trace_id: str = "",
) -> list[TransferOutcome]:
    """Pass on what users who are no current members own in the organization."""
    outcomes = []
    for user_id in user_ids:
        target = transfer_to if isinstance(transfer_to, str) else transfer_to[user_id]
        department = Department.objects.filter(organization=organization_id, pk=target).first()
        if department is None:
            refusal = DepartmentNotFoundError({"department_id": target})
            outcomes.append(TransferOutcome(user_id, refusal=refusal))
        else:
            number = Resource.objects.owned_by(user_id).pass_to(department)
            outcomes.append(TransferOutcome(user_id, number))
    return outcomes
