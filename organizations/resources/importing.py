"""Registers resources from lines; an invalid line is refused, and the others are done."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from config.api.errors import InvalidFieldsError
from config.errors import ContractError
from organizations.guards.caller import Caller
from organizations.resources.registration import Registration
from organizations.resources.registration_decision import Decision, Result
from organizations.resources.service import preview, register


@dataclass(frozen=True, slots=True)
class LineOutcome:
    """The outcome of one line: the resource and the result, or the refusal."""

    resource_id: str | None = None
    result: Result | None = None
    refusal: ContractError | None = None

    @classmethod
    def of(cls, decision: Decision) -> Self:
        """Return the outcome of a line that was decided."""
        return cls(decision.resource_id, decision.result, decision.refusal)


def import_lines(
    organization_id: str, lines: Sequence[Mapping[str, object]], *, caller: Caller
) -> list[LineOutcome]:
    """Register the resources of these lines, as `register` does; return an outcome for each.

    Raises the ContractError of a caller who may not.
    """
    return _each(lines, lambda wanted: register(organization_id, wanted, caller=caller))


def preview_lines(
    organization_id: str, lines: Sequence[Mapping[str, object]], *, made_types: Collection[str]
) -> list[LineOutcome]:
    """Return what `import_lines` would return, without the ids of what it would make.

    ``made_types`` are those that an earlier part of this preview would have made.
    """
    return _each(lines, lambda wanted: preview(organization_id, wanted, made_types=made_types))


def _each(
    lines: Sequence[Mapping[str, object]],
    decide: Callable[[Sequence[Registration]], list[Decision]],
) -> list[LineOutcome]:
    """Return the outcome of each line; ``decide`` decides the valid ones.

    Lines that share a key or an id are all refused, since nobody knows which one is meant.
    """
    keys, ids = _count(lines, "type", "external_id"), _count(lines, "id")
    wanted: list[Registration] = []
    refusals: list[ContractError | None] = []
    for line in lines:
        try:
            registration = Registration.read(line)
            if ids[(registration.id,)] > 1:
                raise InvalidFieldsError({"id": ["This id stands in more than one line."]})
            if keys[registration.key] > 1:
                raise InvalidFieldsError(
                    {"external_id": ["This key stands in more than one line."]}
                )
            wanted.append(registration)
            refusals.append(None)
        except ContractError as refusal:
            refusals.append(refusal)
    decisions = iter(decide(wanted))
    return [
        LineOutcome(refusal=refusal) if refusal else LineOutcome.of(next(decisions))
        for refusal in refusals
    ]


def _count(lines: Sequence[Mapping[str, object]], *fields: str) -> Counter[tuple[object, ...]]:
    """Return how many lines have the same texts in these fields."""
    values = (tuple(line.get(field) for field in fields) for line in lines)
    return Counter(each for each in values if all(isinstance(value, str) for value in each))
