"""Decides which users an act may not be done to, for services and for previews."""

from collections.abc import Collection, Mapping, Sequence
from enum import Flag, auto
from pathlib import Path
from typing import Any

from config.errors import ContractError
from config.prepared_statements import fetch_prepared
from organizations.exceptions import (
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
    OrganizationAccessDeniedError,
    UserNotFoundError,
)
from organizations.guards.acts import REMOVE, Act
from organizations.guards.caller import STANDING, Caller, Operator
from organizations.guards.not_members import NotMember, explain_not_members
from organizations.guards.transfer_targets import GOAL, Goal, Targets, goal_parameters
from organizations.models import Membership

GUARDS = "{},\n{},\n{}".format(
    STANDING, GOAL, Path(__file__).with_name("guards.sql").read_text(encoding="utf-8")
)
CALLER_REFUSED = "CALLER_REFUSED"  # the code of guards.sql for a caller who may not act
_VERDICTS = f"WITH {GUARDS} SELECT user_id, refusal, lacking, missed_types FROM verdict"  # noqa: S608 (our own text)


class Rules(Flag):
    """The rules that can be applied, in the order of the contract's checks."""

    AUTHORITY = auto()  # the caller may act, and on nobody with a capability that they lack
    OWNER_REMAINS = auto()  # an active owner is left when all of these are gone
    TARGETS = auto()  # the organization has the targets of resources
    REMOVAL = AUTHORITY | OWNER_REMAINS | TARGETS


def judge(
    organization_id: str,
    user_ids: Collection[str],
    *,
    caller: Caller,
    act: Act,
    rules: Rules,
    targets: Mapping[str, Targets] | None = None,
    members: Mapping[str, int | None] | None = None,
    leaving: Collection[str] | None = None,
    locked: Collection[str] | None = None,
    already_leaving: Collection[int] = (),
) -> dict[str, ContractError]:
    """Return, by user id, why the act may not be done to these users, as of now.

    It applies ``rules`` only, and neither locks nor writes. ``members`` are the membership ids, by
    user id, that a service has locked; without it they are looked up. A user who is not among them
    is refused as not found; for a user whose membership id is None only the targets are checked.
    ``targets`` are by user id. No user who is ``leaving``, by default all of these, can be an heir.
    Neither can anybody outside ``locked``, the users whom a service has locked: whoever came back
    since may leave again. ``already_leaving`` are memberships of owners that an earlier part of a
    preview would have ended; they are not judged again. Raises the ContractError of a caller who
    may act on nobody.
    """
    targets = targets or {}
    if members is None:
        members = current_members(organization_id, user_ids)
    judged_before = set(already_leaving)
    to_judge = {u: members[u] for u in user_ids if u in members and members[u] not in judged_before}
    parameters = guard_parameters(
        organization_id,
        to_judge,
        caller=caller,
        act=act,
        rules=rules,
        leaving=user_ids if leaving is None else leaving,
        locked=locked,
        targets=targets,
        already_leaving=already_leaving,
    )
    refusals: dict[str, ContractError] = {}
    for user_id, code, lacking, missed_types in fetch_prepared(_VERDICTS, parameters):
        if code == CALLER_REFUSED:
            raise refusal_of_caller(organization_id, caller, act, user_ids)
        if code:
            refusals[user_id] = refusal_of(
                code, organization_id, user_id, lacking, targets.get(user_id), missed_types
            )
    not_members = find_not_members(
        organization_id, user_ids, members, caller=caller, act=act, rules=rules
    )
    return refusals | {user_id: not_member.refusal for user_id, not_member in not_members.items()}


def find_missed_goals(
    organization_id: str,
    targets: Targets,
    *,
    leaving: Collection[str],
    locked: Collection[str] | None = None,
) -> list[Goal]:
    """Return the goals whose targets cannot take over from these users, in the checks' order.

    ``locked`` is as in `judge`.
    """
    if not targets:
        return []
    # For a user without a membership the guards check the targets alone.
    nobody = ""
    parameters = guard_parameters(
        organization_id,
        {nobody: None},
        caller=Operator(),
        act=REMOVE,
        rules=Rules.TARGETS,
        leaving=leaving,
        locked=locked,
        targets={nobody: targets},
    )
    [(_, _, _, missed_types)] = fetch_prepared(_VERDICTS, parameters)
    return [targets.goal_of(name) for name in missed_types or ()]


def require_targets(
    organization_id: str, targets: Targets, *, leaving: Collection[str], locked: Collection[str]
) -> None:
    """Raise the ContractError of the first target that `find_missed_goals` returns."""
    for goal in find_missed_goals(organization_id, targets, leaving=leaving, locked=locked):
        raise goal.not_found()


def find_not_members(
    organization_id: str,
    user_ids: Collection[str],
    members: Mapping[str, int | None],
    *,
    caller: Caller,
    act: Act,
    rules: Rules = Rules.AUTHORITY,
) -> dict[str, NotMember]:
    """Return, by user id, the refusal of each of these users who is no member.

    Raises the ContractError of a caller who may act on nobody.
    """
    absent = [user_id for user_id in user_ids if user_id not in members]
    if not absent:
        return {}
    if Rules.AUTHORITY not in rules:
        return {u: NotMember(UserNotFoundError({"user_id": u})) for u in absent}
    authority = caller.authority(organization_id, act, user_ids=user_ids)
    return explain_not_members(organization_id, absent, authority.capabilities)


def current_members(organization_id: str, user_ids: Collection[str]) -> dict[str, int]:
    """Return the membership ids of the members among these users, by user id, without a lock."""
    current = Membership.objects.current().of(organization_id, user_ids)
    return dict(current.values_list("user_id", "pk"))


def guard_parameters(
    organization_id: str,
    members: Mapping[str, int | None],
    *,
    caller: Caller,
    act: Act,
    rules: Rules,
    leaving: Collection[str],
    locked: Collection[str] | None = None,
    targets: Mapping[str, Targets],
    already_leaving: Collection[int] = (),
    removal_ids: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return the parameters of guards.sql for these members, in the order in which they leave.

    ``leaving`` are all users of the request, members or not: none of them can be an heir.
    ``locked`` is as in `judge`. Raises the ContractError of a caller who is no person and may not.
    """
    if Rules.TARGETS not in rules:
        targets = {}
    if Rules.AUTHORITY not in rules:
        caller = Operator()
    goals = goal_parameters(targets.get(user_id, Targets()) for user_id in members)
    heirs = {heir for heir in goals["heir_ids"] if heir}
    unlocked = set() if locked is None else heirs.difference(locked)
    return {
        **caller.guard_parameters(organization_id, act, leaving),
        **goals,
        "membership_ids": list(members.values()),
        "user_ids": list(members),
        "excluded_heirs": list(heirs.intersection(leaving) | unlocked),
        "removal_ids": [removal_ids[user_id] for user_id in members] if removal_ids else [],
        "keeps_owner": Rules.OWNER_REMAINS in rules,
        "already_leaving": list(already_leaving),
    }


def refusal_of_caller(
    organization_id: str, caller: Caller, act: Act, user_ids: Collection[str]
) -> ContractError:
    """Return the error for a caller whom the guards refused."""
    try:
        caller.authority(organization_id, act, user_ids=user_ids)
    except ContractError as refusal:
        return refusal
    # The caller may act again by now, but the guards refused the request.
    return OrganizationAccessDeniedError({"organization_id": organization_id})


def refusal_of(
    code: str,
    organization_id: str,
    user_id: str,
    lacking: Collection[str],
    targets: Targets | None,
    missed_types: Sequence[str | None],
) -> ContractError:
    """Return the error for a code of the guards. Raises ValueError for an unknown code."""
    match code:
        case InsufficientPermissionsError.code:
            return InsufficientPermissionsError(
                {"required_capabilities": sorted(lacking)},
                system_message="the user holds capabilities that the caller lacks.",
            )
        case LastOwnerCannotBeRemovedError.code:
            return LastOwnerCannotBeRemovedError(
                {"user_id": user_id, "organization_id": organization_id}
            )
        case "TARGET_NOT_FOUND" if targets:
            return targets.goal_of(missed_types[0]).not_found()
    raise ValueError(code)
