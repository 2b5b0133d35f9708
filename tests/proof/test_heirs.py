"""Who can take over: every request that names a person, every target, every heir."""

from itertools import product
from typing import Any

import pytest
from django.db import transaction

from organizations.api.bodies import BY_TYPE, TO_USER
from organizations.guards.transfer_targets import is_target
from tests.proof.api_requests import REQUESTS
from tests.proof.cast import NO_SUCH_ORGANIZATION, TARGETS, Cast, code_of
from tests.proof.figures import CELLS, Tally
from tests.proof.test_member_permissions import expected_code as expected_of_member
from tests.proof.test_permissions import expected_code as expected_of_removal

CALLER = "admin"


REMOVAL = ("delete", "organization-user")
# The body without an heir, by the key of the request in the table of all requests.
BODIES = {
    REMOVAL: {"confirm": True},
    ("post", "deactivation"): {},
    ("post", "transfer"): {"confirm": True},
}
HEIRS = (
    *("member", "caller", "themself", "deactivated member", "removed before"),
    *("member elsewhere", "unknown", "malformed", "department"),
)
ACTIVE = {"member", "caller"}


def heir_id(cast: Cast, heir: str, target: str) -> str | None:
    """Return who is to take over; a member who is nobody's target here."""
    match heir:
        case "member":
            return cast.users["member"].pk
        case "themself":
            return cast.user_id(CALLER, target)
        case "department":
            return cast.departments["own"]
    return cast.user_id(CALLER, heir)


def field_of(takes_over: str | None, of_type: bool) -> dict[str, object]:
    """Return the field that names who takes over everything, or one type."""
    return {BY_TYPE: {"repository": takes_over}} if of_type else {TO_USER: takes_over}


@pytest.mark.parametrize("of_type", [False, True], ids=["everything", "one type"])
@pytest.mark.parametrize("heir", HEIRS)
def test_every_heir_of_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, heir: str, of_type: bool
) -> None:
    if of_type and heir == "malformed":
        heir = "unknown"  # test_targets_by_type.py has what no id is like
    for (key, body), target in product(BODIES.items(), TARGETS):
        takes_over = heir_id(cast, heir, target)
        expected = (
            expected_of_removal(CALLER, target, "none")
            if key == REMOVAL
            else expected_of_member(key, CALLER, target)
        )
        if of_type and expected == "USER_NOT_FOUND" and not is_target(takes_over):
            expected = "VALIDATION_ERROR"  # of the body, which comes first
        may_have = {*ACTIVE, "department"} if of_type else ACTIVE
        if not expected and (heir not in may_have or takes_over == cast.user_id(CALLER, target)):
            expected = "TRANSFER_USER_NOT_FOUND"
        with subtests.test(request=key, target=target), transaction.atomic():
            action = REQUESTS[key].path.removeprefix("users/{user}")
            response: Any = getattr(cast.client(CALLER), key[0])(
                f"{cast.path(CALLER, target)}{action}", {**body, **field_of(takes_over, of_type)}
            )

            assert code_of(response) == expected
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("of_type", [False, True], ids=["everything", "one type"])
def test_every_heir_of_many(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, of_type: bool
) -> None:
    """The caller and all targets are asked to leave, so that a member alone can take over."""
    targets = [target for target in TARGETS if target not in NO_SUCH_ORGANIZATION]
    path = f"{cast.organization_path('this organization')}/users/delete-bulk"
    may_have = {"member", "department"} if of_type else {"member"}
    for heir in HEIRS:
        if of_type and heir == "malformed":
            continue
        body = {
            "confirm": True,
            "user_ids": [cast.user_id(CALLER, target) for target in targets],
            **field_of(heir_id(cast, heir, "member"), of_type),
        }
        with subtests.test(heir=heir), transaction.atomic():
            response: Any = cast.client(CALLER).post(path, body)

            assert code_of(response) == ("" if heir in may_have else "TRANSFER_USER_NOT_FOUND")
            transaction.set_rollback(True)
        tally(CELLS)
