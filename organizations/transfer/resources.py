"""Passes resources on, for transfers and deactivations, and records in events what passed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from organizations.guards.caller import Caller
from organizations.guards.transfer_targets import (
    GOAL,
    Targets,
    goal_parameters,
    resource_data,
    target_data,
)
from organizations.models import Event

TRANSFER = "WITH {},\n{}".format(
    GOAL, Path(__file__).with_name("transfer.sql").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class PassedResources:
    """How many resources of one type passed from a user, or from departments, to a target."""

    user_id: str | None
    type: str
    target: str
    count: int


def pass_on(organization_id: str, targets: Mapping[str, Targets]) -> list[PassedResources]:
    """Pass on what users own, each to their targets; return what passed, by user, target and type.

    The caller of this function has taken the locks and checked the guards.
    """
    if not targets:
        return []
    parameters: dict[str, Any] = {
        **goal_parameters(targets.values()),
        "organization_id": organization_id,
        "user_ids": list(targets),
    }
    with connection.cursor() as cursor:
        cursor.execute(TRANSFER, parameters)
        return [PassedResources(*row) for row in cursor.fetchall()]


def group_by_user(
    passed: Iterable[PassedResources],
) -> defaultdict[str | None, list[PassedResources]]:
    """Return what passed from each user, and nothing for any other."""
    by_user = defaultdict[str | None, list[PassedResources]](list)
    for each in passed:
        by_user[each.user_id].append(each)
    return by_user


def record_transfers(
    organization_id: str, passed: Iterable[PassedResources], *, caller: Caller
) -> None:
    """Record an event for each owner who lost resources, and each of their targets."""
    by_owner_and_target = defaultdict[tuple[str | None, str], list[PassedResources]](list)
    for each in passed:
        by_owner_and_target[each.user_id, each.target].append(each)
    Event.objects.bulk_record(
        caller.event(
            Event.Type.RESOURCES_TRANSFERRED,
            organization_id,
            user_id=user_id,
            data=event_data(target, those),
        )
        for (user_id, target), those in by_owner_and_target.items()
    )


def event_data(target: str | None, passed: Iterable[PassedResources]) -> dict[str, object]:
    """Return the data of an event: how many resources of which types passed on, and to whom.

    ``target`` is the requested default, or the one target of all of them.
    """
    passed = list(passed)
    return {
        "resource_count": sum(each.count for each in passed),
        **target_data(target),
        "resources": [resource_data(each.type, each.count, each.target) for each in passed],
    }
