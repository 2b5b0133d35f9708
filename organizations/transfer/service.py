"""What deactivated and former members own passes on by itself; removals do their own."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from django.utils import timezone

from config.errors import ContractError
from config.identifiers import generate_id
from organizations.capabilities import Capability
from organizations.exceptions import LastOwnerCannotBeRemovedError, UserIsActiveError
from organizations.locks import lock_members
from organizations.models import Membership, Source
from organizations.removal.absence import explain_absence
from organizations.removal.guards import find_refusals
from organizations.retries import retried
from organizations.transfer.targets import department_of, heir_of, targets_by_user
from users.models import User

TRANSFER = Path(__file__).with_name("transfer.sql").read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """How many resources of one user passed on, or why none did."""

    user_id: str
    resource_count: int = 0
    refusal: ContractError | None = None


@retried
def transfer_resources(
    organization_id: str,
    user_ids: Collection[str],
    *,
    transfer_to: str | Mapping[str, str],
    actor: User | None,
    source: Source,
    authority: frozenset[Capability],
    reason: str = "",
    trace_id: str = "",
) -> list[TransferOutcome]:
    """Pass on what deactivated and former members own; return what became of each, in order.

    ``transfer_to`` is the id of a department or an heir, for everybody or by user id. Whoever is
    active, a stranger, or above ``authority`` is refused alone. All of it or, when this raises,
    nothing. Who owned nothing is no error, and no event.
    """
    asked = dict.fromkeys(user_ids)
    targets = targets_by_user(transfer_to, asked)
    with transaction.atomic():
        lock_members(organization_id, [*asked, *targets.values()])
        refusals = _find_refusals(organization_id, asked, targets, authority)
        givers = [user_id for user_id in asked if user_id not in refusals]
        parameters = {
            "organization_id": organization_id,
            "user_ids": givers,
            "department_ids": [department_of(targets[user_id]) for user_id in givers],
            "heir_ids": [heir_of(targets[user_id]) for user_id in givers],
            "event_ids": [generate_id("evt") for _ in givers],
            "actor_id": actor.pk if actor else None,
            "source": source.value,
            "reason": reason,
            "trace_id": trace_id,
            "transferred_at": timezone.now(),
        }
        with connection.cursor() as cursor:
            cursor.execute(TRANSFER, parameters)
            counts = dict(cursor.fetchall())
    return [
        TransferOutcome(user_id, counts.get(user_id, 0), refusals.get(user_id)) for user_id in asked
    ]


def _find_refusals(
    organization_id: str,
    user_ids: Collection[str],
    targets: Mapping[str, str],
    authority: frozenset[Capability],
) -> dict[str, ContractError]:
    """Return why what these users own does not pass on, by user id."""
    refusals: dict[str, ContractError] = {}
    members: dict[str, int | None] = {}  # former ones have no membership to be judged by
    for user_id, membership_id, is_active in (
        Membership.objects.current()
        .of(organization_id, user_ids)
        .values_list("user", "pk", "is_active")
    ):
        if is_active:
            refusals[user_id] = UserIsActiveError({"user_id": user_id})
        else:
            members[user_id] = membership_id
    absent = [u for u in user_ids if u not in members and u not in refusals]
    for user_id, absence in explain_absence(organization_id, absent, authority).items():
        if absence.removal:
            members[user_id] = None
        else:
            refusals[user_id] = absence.refusal
    for user_id, refusal in find_refusals(
        organization_id, members, targets=targets, authority=authority
    ).items():
        if not isinstance(refusal, LastOwnerCannotBeRemovedError):  # nobody leaves here
            refusals[user_id] = refusal
    return refusals
