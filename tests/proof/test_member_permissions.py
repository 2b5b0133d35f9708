"""Who may suspend, resume, restore, change and pass on: every request, caller and target."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from tests.proof.api_requests import REQUESTS
from tests.proof.cast import (
    ABSENT,
    CALLERS,
    NO_SUCH_ORGANIZATION,
    POWERLESS,
    TARGETS,
    Cast,
    answer_of,
    expected_answer,
    is_above,
    is_self,
    refusal_at_entry,
)
from tests.proof.figures import CELLS, Tally


@dataclass(frozen=True)
class Answers:
    """What a request answers about each target to somebody who may ask and who is above them.

    ``judges_first`` is whether a target above the caller is told so before their state is.
    """

    active: str = ""
    deactivated: str = ""
    last_owner: str = ""
    removed: str = "USER_NOT_FOUND"
    absent: str = "USER_NOT_FOUND"
    judges_first: bool = True


DEACTIVATION = ("post", "deactivation")
RESTORED = Answers(
    active="MEMBERSHIP_ALREADY_EXISTS",
    deactivated="MEMBERSHIP_ALREADY_EXISTS",
    last_owner="MEMBERSHIP_ALREADY_EXISTS",
    removed="",
    absent="REMOVAL_NOT_FOUND",
    judges_first=False,
)
# By the key of a request in the table of all requests.
ANSWERS = {
    DEACTIVATION: Answers(
        deactivated="USER_ALREADY_DEACTIVATED", last_owner="LAST_OWNER_CANNOT_BE_DEACTIVATED"
    ),
    ("post", "reactivation"): Answers(
        active="USER_NOT_DEACTIVATED", last_owner="USER_NOT_DEACTIVATED"
    ),
    ("post", "transfer"): Answers(active="USER_IS_ACTIVE", last_owner="USER_IS_ACTIVE", removed=""),
    ("post", "restoration"): RESTORED,
    ("get", "restoration-preview"): RESTORED,
    ("patch", "assignment"): Answers(last_owner="LAST_OWNER_CANNOT_BE_REMOVED"),
}


def expected_code(key: tuple[str, str], caller: str, target: str) -> str:
    """The order of members.md; nothing where it is done."""
    answers = ANSWERS[key]
    if refusal := refusal_at_entry(caller, target):
        return refusal
    if caller in POWERLESS:
        return "INSUFFICIENT_PERMISSIONS"
    if key == DEACTIVATION and is_self(caller, target):
        return "CANNOT_DEACTIVATE_YOURSELF"
    if target in ABSENT:
        return answers.removed if target == "removed before" else answers.absent
    if is_above(caller, target) and answers.judges_first:
        return "INSUFFICIENT_PERMISSIONS"
    if target == "last owner" or (caller, target) == ("owner", "caller"):
        return answers.last_owner
    if target == "deactivated member":
        return answers.deactivated
    return answers.active


@pytest.mark.parametrize("caller", CALLERS)
def test_every_request_of_every_caller_about_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for key, target in product(ANSWERS, TARGETS):
        expected, request = expected_code(key, caller, target), REQUESTS[key]
        with subtests.test(request=key, target=target), transaction.atomic():
            action = request.path.removeprefix("users/{user}")
            body = [request.body(cast)] if request.body else []
            ask = getattr(cast.client(caller), key[0])
            response: Any = ask(f"{cast.path(caller, target)}{action}", *body)

            assert answer_of(response) == expected_answer(expected)
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("caller", CALLERS)
def test_of_many_each_target_is_answered_as_by_itself(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    targets = [t for t in TARGETS if t not in {*NO_SUCH_ORGANIZATION, "malformed", "caller"}]
    users = {target: cast.path(caller, target).rsplit("/", 1)[1] for target in targets}
    whole = refusal_at_entry(caller, "member") or (
        "INSUFFICIENT_PERMISSIONS" if caller in POWERLESS else ""
    )
    response: Any = cast.client(caller).post(
        f"/v1/organizations/{cast.organization.pk}/users/delete-bulk",
        {"confirm": True, "user_ids": list(users.values())},
    )

    assert answer_of(response) == expected_answer(whole)
    tally(CELLS)
    if whole:
        return
    codes = {
        result["user_id"]: result["error"]["code"] if result["error"] else result["outcome"]
        for result in response.json()["results"]
    }
    expected = {
        "member": "removed",
        "deactivated member": "removed",
        "admin": "removed",
        "last owner": "LAST_OWNER_CANNOT_BE_REMOVED",
        "removed before": "already_removed",
        "member elsewhere": "USER_NOT_FOUND",
        "unknown": "USER_NOT_FOUND",
    }
    above = [target for target in expected if is_above(caller, target)]
    expected |= dict.fromkeys(above, "INSUFFICIENT_PERMISSIONS")
    assert {target: codes[user] for target, user in users.items()} == expected
    tally(CELLS, len(expected))
