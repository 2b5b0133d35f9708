"""Registers many resources, line by line: what is wrong with one is told of it alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.errors import ContractError
from organizations.guards.caller import Caller
from organizations.resources.decision import Result
from organizations.resources.registration import Registration
from organizations.resources.service import register


@dataclass(frozen=True, slots=True)
class FailedLine:
    """A line that was not done, and why."""

    index: int
    error: ContractError


@dataclass(frozen=True, slots=True)
class Import:
    """How many lines made, changed or left a resource as it is, and which were not done."""

    created: int
    updated: int
    unchanged: int
    failed: list[FailedLine]


def import_resources(
    organization_id: str, lines: Sequence[Mapping[str, object]], *, caller: Caller
) -> Import:
    """Register the resources that the lines say, as `register` does; return what became of them.

    Raises the ContractError of a caller who may not.
    """
    read: dict[int, Registration] = {}
    failed: list[FailedLine] = []
    for index, line in enumerate(lines):
        try:
            read[index] = Registration.read(line)
        except ContractError as error:
            failed.append(FailedLine(index, error))
    decisions = register(organization_id, list(read.values()), caller=caller)
    results = Counter(each.result for each in decisions)
    failed += (
        FailedLine(index, decision.refusal)
        for index, decision in zip(read, decisions, strict=True)
        if decision.refusal
    )
    return Import(
        created=results[Result.CREATED],
        updated=results[Result.UPDATED],
        unchanged=results[Result.UNCHANGED],
        failed=sorted(failed, key=lambda line: line.index),
    )
