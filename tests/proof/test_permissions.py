"""Who may do what to whom: every endpoint, every kind of caller and every kind of target."""

import re
import statistics
from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from structlog.testing import capture_logs

from tests.processor_time import of_both
from tests.proof.cast import (
    ABSENT,
    CALLERS,
    OUTSIDERS,
    POWERLESS,
    TARGETS,
    UNAUTHENTICATED,
    Cast,
    answer_of,
    expected_answer,
    is_above,
    refusal_at_entry,
)
from tests.proof.figures import CELLS, Tally

DEPARTMENTS = ("none", "own", "of another organization", "unknown", "malformed")


def expected_code(caller: str, target: str, department: str) -> str:
    """The contract's checks, in its order; nothing where the removal is done."""
    if is_refused_first(caller, target):
        return refusal_at_entry(caller, target) or "INSUFFICIENT_PERMISSIONS"
    if target in ABSENT:
        return "USER_NOT_FOUND"
    if is_above(caller, target):
        return "INSUFFICIENT_PERMISSIONS"
    if target == "last owner" or (caller, target) == ("owner", "caller"):
        return "LAST_OWNER_CANNOT_BE_REMOVED"
    return "" if department in {"none", "own"} else "DEPARTMENT_NOT_FOUND"


def is_refused_first(caller: str, target: str) -> bool:
    """Whether the caller is refused before the body is read; any member may leave."""
    is_powerless = caller in POWERLESS and target != "caller"
    return is_powerless or bool(refusal_at_entry(caller, target))


def expected_preview(caller: str, target: str) -> tuple[str, str | None]:
    """What the preview answers: an error's code, or what it is blocked by."""
    code = expected_code(caller, target, "none")
    reported = code == "LAST_OWNER_CANNOT_BE_REMOVED" or (
        code == "INSUFFICIENT_PERMISSIONS" and caller == "role with the capability"
    )
    return ("", code or None) if reported or not code else (code, None)


@pytest.mark.parametrize("caller", CALLERS)
def test_a_removal_by_every_caller_of_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for target, department in product(TARGETS, DEPARTMENTS):
        if department != "none" and is_refused_first(caller, target):
            continue
        expected = expected_code(caller, target, department)
        body = {
            "confirm": True,
            "transfer_resources_to_department_id": cast.departments[department],
        }
        with subtests.test(target=target, department=department), transaction.atomic():
            response: Any = cast.client(caller).delete(cast.path(caller, target), body)

            assert answer_of(response) == expected_answer(expected, 204)
            transaction.set_rollback(True)
        tally(CELLS)


def test_a_preview_for_every_caller_of_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests
) -> None:
    for caller, target in product(CALLERS, TARGETS):
        expected, blocked_by = expected_preview(caller, target)
        with subtests.test(caller=caller, target=target):
            response: Any = cast.client(caller).get(f"{cast.path(caller, target)}/removal-preview")

            assert answer_of(response) == expected_answer(expected)
            if not expected:
                preview = response.json()
                assert preview["blocked_by"] == blocked_by
                assert preview["can_be_removed"] == (blocked_by is None)
        tally(CELLS)


def test_the_description_is_for_everybody(
    cast: Cast, tally: Tally, subtests: pytest.Subtests
) -> None:
    for caller, path in product(CALLERS, ["/v1/openapi.json", "/v1/docs"]):
        with subtests.test(caller=caller, path=path):
            assert cast.client(caller).get(path).status_code == 200
        tally(CELLS)


# What somebody who may not know cannot tell apart: who asks, and two targets.
SECRETS = [
    *(
        (caller, "member", "of an unknown organization")
        for caller in (*UNAUTHENTICATED, *OUTSIDERS)
    ),
    *((caller, "member", "unknown") for caller in (*UNAUTHENTICATED, *OUTSIDERS, *POWERLESS)),
    *((caller, "member", "member elsewhere") for caller in sorted(POWERLESS)),
    *((caller, "unknown", "member elsewhere") for caller in ("admin", "owner")),
    *((caller, "member", "last owner") for caller in sorted(OUTSIDERS | POWERLESS)),
]


@pytest.fixture
def ask(cast: Cast) -> Callable[[str, str, str | None], Any]:
    def ask(caller: str, target: str, department: str | None) -> Any:
        body = {"confirm": True, "transfer_resources_to_department_id": department}
        return cast.client(caller).delete(cast.path(caller, target), body)

    return ask


def without_ids(response: Any) -> tuple[int, str, dict[str, str]]:
    """What is left of a response besides the ids of the question, the trace and the time."""
    body = re.sub(r'"(org|usr|dept|tsk)[_-][^"]*"', '"id"', response.content.decode())
    body = re.sub(r'"(trace_id|timestamp)":"[^"]*"', "", body)
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    headers.pop("Content-Length", None)  # it follows the ids
    return response.status_code, body, headers


def test_no_answer_tells_what_exists(
    ask: Callable[..., Any], tally: Tally, subtests: pytest.Subtests
) -> None:
    for caller, there, not_there in SECRETS:
        with subtests.test(caller=caller, there=there, not_there=not_there):
            one, other = ask(caller, there, None), ask(caller, not_there, None)

            assert without_ids(one) == without_ids(other)
        tally("pairs of answers that must not differ")


def test_no_answer_tells_which_departments_exist_elsewhere(
    cast: Cast, ask: Callable[..., Any], tally: Tally
) -> None:
    theirs = ask("owner", "member", cast.departments["of another organization"])
    none = ask("owner", "member", cast.departments["unknown"])

    assert without_ids(theirs) == without_ids(none)
    tally("pairs of answers that must not differ")


def fastest_half(times: list[float]) -> float:
    return statistics.median(sorted(times)[: len(times) // 2])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("caller", "there", "not_there"),
    [
        ("member elsewhere", "member", "of an unknown organization"),
        ("member", "member", "unknown"),
        ("owner", "member elsewhere", "unknown"),
    ],
)
def test_no_answer_takes_longer_for_what_exists(
    ask: Callable[..., Any], tally: Tally, caller: str, there: str, not_there: str
) -> None:
    times: dict[str, list[float]] = {there: [], not_there: []}
    for _ in range(100):
        for target, taken in times.items():
            taken.append(of_both(partial(ask, caller, target, None)))

    # Within the noise of this machine: what differs by a query differs by more.
    ratio = fastest_half(times[there]) / fastest_half(times[not_there])
    assert 0.75 < ratio < 1.33
    tally("pairs of answers that must not differ", 100)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Leave the log out of what is timed."""
    with capture_logs():
        yield
