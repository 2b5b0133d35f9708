"""Where the resources of a user pass: to departments and heirs, by type or all to one.

An id says whether a target is a department or an heir. guards.sql decides, for every transfer,
whether the organization has it.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.errors import ContractError
from config.identifiers import is_id
from organizations.exceptions import DepartmentNotFoundError, TransferUserNotFoundError
from organizations.models.resource_type import SLUG

GOAL = Path(__file__).with_name("transfer_targets.sql").read_text(encoding="utf-8")
MOST_TARGETS = 50  # types with one of their own
TARGET_NOT_FOUND = (DepartmentNotFoundError, TransferUserNotFoundError)
_TYPE = re.compile(SLUG)


@dataclass(frozen=True, slots=True)
class Goal:
    """The target of one type of resources or, where ``type`` is None, of all the other types.

    ``target`` is the id of a department or an heir. Without one they stay where they are.
    """

    type: str | None
    target: str | None

    def not_found(self) -> ContractError:
        """Return the error for a target that the organization does not have."""
        of_type = {"type": self.type} if self.type else {}
        if heir := heir_of(self.target):
            return TransferUserNotFoundError({"user_id": heir, **of_type})
        return DepartmentNotFoundError({"department_id": self.target, **of_type})


@dataclass(frozen=True, slots=True)
class Targets:
    """The target of each named type of resources, and the default for the rest.

    Types with None, and the rest without a default, stay where they are. Raises ValueError for a
    name that no type can have.
    """

    default: str | None = None
    by_type: Mapping[str, str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if malformed := [name for name in self.by_type if not is_type(name)]:
            raise ValueError(f"no types of resources: {malformed}")

    def __bool__(self) -> bool:
        """Tell whether anything passes on."""
        return any(goal.target is not None for goal in self.goals)

    @property
    def goals(self) -> tuple[Goal, ...]:
        """Return the goals in the order of their checks: the default first, then by type."""
        by_type = (Goal(name, self.by_type[name]) for name in sorted(self.by_type))
        return Goal(None, self.default), *by_type

    @property
    def heirs(self) -> set[str]:
        """Return the user ids of the heirs."""
        return {heir for goal in self.goals if (heir := heir_of(goal.target))}

    def target_of(self, name: str | None) -> str | None:
        """Return the target of resources of a type, named or not; for None, of the rest."""
        return self.by_type.get(name, self.default) if name else self.default

    def goal_of(self, name: str | None) -> Goal:
        """Return the goal of a type that is named; for None, that of the rest."""
        return Goal(name, self.target_of(name))

    def without(self, goals: Collection[Goal]) -> "Targets":
        """Return the targets without those of these goals, whose resources then stay."""
        remaining = {goal.type: goal.target for goal in self.goals if goal not in goals}
        return Targets(remaining.get(None), {name: remaining.get(name) for name in self.by_type})


# The target of everything, or targets by type; of all users, or by user id.
TransferTo = str | Targets | Mapping[str, str | Targets] | None


def targets_by_user(transfer_to: TransferTo, user_ids: Collection[str]) -> dict[str, Targets]:
    """Return the targets of each user's resources, by user id, without those who have none."""
    if isinstance(transfer_to, Mapping):
        each = {user_id: _as_targets(target) for user_id, target in transfer_to.items()}
    else:
        each = dict.fromkeys(user_ids, _as_targets(transfer_to))
    return {user_id: targets for user_id, targets in each.items() if targets}


def _as_targets(target: str | Targets | None) -> Targets:
    """Return targets, where one id stands for all types."""
    return target if isinstance(target, Targets) else Targets(target)


def heirs_of(targets: Mapping[str, Targets]) -> set[str]:
    """Return the user ids of the heirs in the targets of users."""
    return {heir for each in targets.values() for heir in each.heirs}


def goal_parameters(targets: Iterable[Targets]) -> dict[str, list[Any]]:
    """Return the parameters of the SQL file, whose ``targets`` are numbers of these targets."""
    numbers: dict[tuple[Goal, ...], int] = {}
    each = [numbers.setdefault(one.goals, len(numbers)) for one in targets]
    numbered = [(number, goal) for goals, number in numbers.items() for goal in goals]
    types = {
        number: " ".join(goal.type for goal in goals if goal.type)
        for goals, number in numbers.items()
    }
    return {
        "targets": each,
        "goal_targets": [number for number, _ in numbered],
        "goal_types": [goal.type for _, goal in numbered],
        "goal_lists": [goal.type or types[number] for number, goal in numbered],
        "department_ids": [department_of(goal.target) for _, goal in numbered],
        "heir_ids": [heir_of(goal.target) for _, goal in numbered],
    }


def is_type(name: str) -> bool:
    """Tell whether a type of resources can have this name."""
    return _TYPE.match(name) is not None


def is_target(value: object) -> bool:
    """Tell whether this is the id of a department or a user, well-formed."""
    return isinstance(value, str) and (is_id("dept", value) or is_id("usr", value))


def heir_of(target: str | None) -> str | None:
    """Return the target if it is a person."""
    return target if target is not None and is_id("usr", target) else None


def department_of(target: str | None) -> str | None:
    """Return any other target as a department's id, or "" if it is malformed."""
    if target is None or is_id("usr", target):
        return None
    return target if is_id("dept", target) else ""


def resource_data(type_name: str, count: int, target: str | None) -> dict[str, object]:
    """Return what an event says of resources of one type; without a target they stayed."""
    return {"type": type_name, "count": count, **target_data(target)}


def target_data(target: str | None) -> dict[str, str]:
    """Return what an event says of a target."""
    if target is None:
        return {}
    return {"heir_id" if heir_of(target) else "department_id": target}
