"""Who can take over: every request that names a person, every target, every heir."""

from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from tests.proof.cast import NO_SUCH_ORGANIZATION, TARGETS, Cast, code_of
from tests.proof.figures import Tally
from tests.proof.test_member_permissions import expected_code as expected_of_member
from tests.proof.test_permissions import expected_code as expected_of_removal

CALLER = "admin"


@dataclass(frozen=True)
class Request:
    """A request whose body names an heir."""

    method: str
    path: str
    body: dict[str, bool]


REQUESTS = {
    "remove": Request("delete", "", {"confirm": True}),
    "deactivate": Request("post", "/deactivate", {}),
    "transfer": Request("post", "/transfer-resources", {"confirm": True}),
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


@pytest.mark.parametrize("heir", HEIRS)
def test_every_heir_of_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, heir: str
) -> None:
    for (name, request), target in product(REQUESTS.items(), TARGETS):
        takes_over = heir_id(cast, heir, target)
        expected = (
            expected_of_removal(CALLER, target, "none")
            if name == "remove"
            else expected_of_member(name, CALLER, target)
        )
        if not expected and (heir not in ACTIVE or takes_over == cast.user_id(CALLER, target)):
            expected = "TRANSFER_USER_NOT_FOUND"
        with subtests.test(request=name, target=target), transaction.atomic():
            response: Any = getattr(cast.client(CALLER), request.method)(
                f"{cast.path(CALLER, target)}{request.path}",
                {**request.body, "transfer_resources_to_user_id": takes_over},
            )

            assert code_of(response) == expected
            transaction.set_rollback(True)
        tally("cells of the table of permissions")


def test_every_heir_of_many(cast: Cast, tally: Tally, subtests: pytest.Subtests) -> None:
    """The caller and all targets are asked to leave, so that a member alone can take over."""
    targets = [target for target in TARGETS if target not in NO_SUCH_ORGANIZATION]
    path = f"{cast.organization_path('this organization')}/users/delete-bulk"
    for heir in HEIRS:
        body = {
            "confirm": True,
            "user_ids": [cast.user_id(CALLER, target) for target in targets],
            "transfer_resources_to_user_id": heir_id(cast, heir, "member"),
        }
        with subtests.test(heir=heir), transaction.atomic():
            response: Any = cast.client(CALLER).post(path, body)

            assert code_of(response) == ("" if heir == "member" else "TRANSFER_USER_NOT_FOUND")
            transaction.set_rollback(True)
        tally("cells of the table of permissions")
