"""Who may suspend, resume, restore, change and pass on: every request, caller and target."""

from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from django.db import transaction

from tests.proof.cast import (
    CALLERS,
    NO_SUCH_ORGANIZATION,
    POWERLESS,
    STATUS_OF_CALLER,
    TARGETS,
    Cast,
    code_of,
    refusal_at_entry,
)
from tests.proof.figures import CELLS, Tally

STATUS = STATUS_OF_CALLER | {
    "": 200,
    "USER_NOT_FOUND": 404,
    "REMOVAL_NOT_FOUND": 404,
    "MEMBERSHIP_ALREADY_EXISTS": 409,
    "CANNOT_DEACTIVATE_YOURSELF": 422,
    "LAST_OWNER_CANNOT_BE_DEACTIVATED": 422,
    "LAST_OWNER_CANNOT_BE_REMOVED": 422,
    "USER_ALREADY_DEACTIVATED": 422,
    "USER_IS_ACTIVE": 422,
    "USER_NOT_DEACTIVATED": 422,
}
NO_MEMBERS = ("removed before", "member elsewhere", "unknown", "malformed")


@dataclass(frozen=True)
class Request:
    """A request, and its answer about each target to somebody who may ask and who is above them.

    ``judges_first`` is whether a target above the caller is told so before their state is.
    """

    method: str
    path: str
    body: dict[str, Any] = field(default_factory=dict)
    active: str = ""
    deactivated: str = ""
    last_owner: str = ""
    removed: str = "USER_NOT_FOUND"
    absent: str = "USER_NOT_FOUND"
    judges_first: bool = True


REQUESTS = {
    "deactivate": Request(
        "post",
        "deactivate",
        {"transfer_resources_to_department_id": "dept_of_cast"},
        deactivated="USER_ALREADY_DEACTIVATED",
        last_owner="LAST_OWNER_CANNOT_BE_DEACTIVATED",
    ),
    "reactivate": Request(
        "post",
        "reactivate",
        active="USER_NOT_DEACTIVATED",
        last_owner="USER_NOT_DEACTIVATED",
    ),
    "transfer": Request(
        "post",
        "transfer-resources",
        {"confirm": True, "transfer_resources_to_department_id": "dept_of_cast"},
        active="USER_IS_ACTIVE",
        last_owner="USER_IS_ACTIVE",
        removed="",
    ),
    "restore": Request(
        "post",
        "restore",
        {"confirm": True},
        active="MEMBERSHIP_ALREADY_EXISTS",
        deactivated="MEMBERSHIP_ALREADY_EXISTS",
        last_owner="MEMBERSHIP_ALREADY_EXISTS",
        removed="",
        absent="REMOVAL_NOT_FOUND",
        judges_first=False,
    ),
    "restore-preview": Request(
        "get",
        "restore-preview",
        active="MEMBERSHIP_ALREADY_EXISTS",
        deactivated="MEMBERSHIP_ALREADY_EXISTS",
        last_owner="MEMBERSHIP_ALREADY_EXISTS",
        removed="",
        absent="REMOVAL_NOT_FOUND",
        judges_first=False,
    ),
    "memberships": Request(
        "patch",
        "memberships",
        {"role_ids": ["role_of_cast"], "department_ids": []},
        last_owner="LAST_OWNER_CANNOT_BE_REMOVED",
    ),
}


def expected_code(name: str, caller: str, target: str) -> str:
    """The order of members.md; nothing where it is done."""
    request = REQUESTS[name]
    if refusal := refusal_at_entry(caller, target):
        return refusal
    if caller in POWERLESS:
        return "INSUFFICIENT_PERMISSIONS"
    themself = target == "caller" or (caller, target) == ("owner", "last owner")
    if name == "deactivate" and themself:
        return "CANNOT_DEACTIVATE_YOURSELF"
    if target in NO_MEMBERS:
        return request.removed if target == "removed before" else request.absent
    is_above = caller == "role with the capability" and target in {"admin", "last owner"}
    if is_above and request.judges_first:
        return "INSUFFICIENT_PERMISSIONS"
    if target == "last owner" or (caller, target) == ("owner", "caller"):
        return request.last_owner
    if target == "deactivated member":
        return request.deactivated
    return request.active


def with_ids(body: dict[str, Any], cast: Cast) -> dict[str, Any]:
    """Return the body with the ids of this cast."""
    named = {"dept_of_cast": cast.departments["own"]}
    return {
        name: [cast.member_role]
        if value == ["role_of_cast"]
        else named.get(value, value)
        if isinstance(value, str)
        else value
        for name, value in body.items()
    }


@pytest.mark.parametrize("caller", CALLERS)
def test_every_request_of_every_caller_about_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for (name, request), target in product(REQUESTS.items(), TARGETS):
        expected = expected_code(name, caller, target)
        with subtests.test(request=name, target=target), transaction.atomic():
            ask = getattr(cast.client(caller), request.method)
            path = f"{cast.path(caller, target)}/{request.path}"
            response: Any = ask(path, with_ids(request.body, cast)) if request.body else ask(path)

            assert (code_of(response), response.status_code) == (expected, STATUS[expected])
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

    assert (code_of(response), response.status_code) == (whole, STATUS[whole])
    tally(CELLS)
    if whole:
        return
    codes = {
        result["user_id"]: result["error"]["code"] if result["error"] else result["outcome"]
        for result in response.json()["results"]
    }
    above = caller == "role with the capability"
    expected = {
        "member": "removed",
        "deactivated member": "removed",
        "admin": "INSUFFICIENT_PERMISSIONS" if above else "removed",
        "last owner": "INSUFFICIENT_PERMISSIONS" if above else "LAST_OWNER_CANNOT_BE_REMOVED",
        "removed before": "already_removed",
        "member elsewhere": "USER_NOT_FOUND",
        "unknown": "USER_NOT_FOUND",
    }
    assert {target: codes[user] for target, user in users.items()} == expected
    tally(CELLS, len(expected))
