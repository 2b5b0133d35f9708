"""Registers resources: makes those that another system reports, and changes existing ones."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from django.db import IntegrityError, transaction

from config.retries import OvertakenError, retried
from organizations.exceptions import TooManyResourceTypesError
from organizations.guards.acts import REGISTER_RESOURCES
from organizations.guards.caller import Caller
from organizations.locks import share_members
from organizations.models import ResourceType
from organizations.models.resource_entry import KEY_OF_RESOURCE
from organizations.resources.registration import Registration
from organizations.resources.registration_decision import (
    Decision,
    Owners,
    Result,
    decide,
    named_departments,
    named_users,
    read_owners,
)
from organizations.resources.rows import Found, Row, find, insert, owners_of, update
from organizations.transfer.resources import PassedResources, record_transfers


@retried
def register(
    organization_id: str, wanted: Sequence[Registration], *, caller: Caller
) -> list[Decision]:
    """Make these resources, or change existing ones; return a decision for each, in order.

    A registration replaces what was there; without an owner the present one keeps the resource. A
    change of owner writes an event and empties the mark of a removal; nothing else writes an event.
    An invalid registration is refused, and the others are still done. If none changes anything,
    nothing is written or locked. No two may name the same key or id. Raises the ContractError of a
    caller who may not register.

    It locks the memberships of new and present owners first, FOR SHARE, so that no removal counts a
    resource that has passed on; then resources by id, types, and new keys in their order. The
    transaction starts again if a resource passed to somebody else before its lock.
    """
    found, decisions = _read(organization_id, wanted)
    undecided = [each.wanted for each in decisions if not each.is_final]
    if undecided:
        with transaction.atomic():
            done = iter(_register(organization_id, undecided, found, caller))
            decisions = [each if each.is_final else next(done) for each in decisions]
    return decisions


def preview(
    organization_id: str, wanted: Sequence[Registration], *, made_types: Collection[str]
) -> list[Decision]:
    """Return what `register` would return now for a caller who may register.

    ``made_types`` are those that an earlier part of this preview would have made.
    """
    _, decisions = _read(organization_id, wanted, made_types)
    return decisions


def _read(
    organization_id: str, wanted: Sequence[Registration], made_types: Collection[str] = ()
) -> tuple[Found, list[Decision]]:
    """Return the named resources, read without a lock, and the decisions by them."""
    found = find(organization_id, wanted)
    owners = read_owners(organization_id, wanted)
    return found, decide(organization_id, wanted, found, owners, made_types=made_types)


def _register(
    organization_id: str, wanted: Sequence[Registration], read: Found, caller: Caller
) -> list[Decision]:
    """Lock, decide again and write; return the decisions."""
    rows = [row for each in wanted if (row := read.of(each))]
    user_ids = owners_of(rows) | named_users(wanted)
    members = share_members(organization_id, user_ids, caller=caller)
    caller.authority(organization_id, REGISTER_RESOURCES)
    found = find(organization_id, wanted, locks=True)
    if not owners_of(found.by_id.values()) <= user_ids:
        raise OvertakenError("a resource passed to somebody else meanwhile")
    owners = Owners(members, named_departments(organization_id, wanted))
    decisions = decide(organization_id, wanted, found, owners)
    _write(organization_id, decisions)
    record_transfers(organization_id, _passed(decisions), caller=caller)
    return decisions


def _write(organization_id: str, decisions: Sequence[Decision]) -> None:
    """Write what the decisions make and change.

    Raises OvertakenError if another transaction has just taken a key or made types.
    """
    made = [Row.of(each.new_id, each.wanted) for each in decisions if each.new_id]
    changed = [
        each.row.after(each.wanted)
        for each in decisions
        if each.row and each.result is Result.UPDATED
    ]
    try:
        ResourceType.objects.ensure(
            organization_id, {each.wanted.type for each in decisions if not each.is_final}
        )
        update(changed)
        insert(organization_id, made)
    except TooManyResourceTypesError as error:
        raise OvertakenError("others named types meanwhile") from error
    except IntegrityError as error:
        if KEY_OF_RESOURCE not in str(error):
            raise
        raise OvertakenError("another resource got the key meanwhile") from error


def _passed(decisions: Iterable[Decision]) -> list[PassedResources]:
    """Return how many resources of each type passed to another owner."""
    counts = Counter(
        (each.row.owner_id, each.wanted.type, owner)
        for each in decisions
        if each.row and each.result is Result.UPDATED
        if (owner := each.wanted.owner) and owner != each.row.owner
    )
    return [PassedResources(*passed, count) for passed, count in sorted(counts.items(), key=str)]
