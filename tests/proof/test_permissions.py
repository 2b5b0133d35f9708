"""Who may do what to whom: every endpoint, every kind of caller and every kind of target."""

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from organizations.models import Membership, Organization
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    RoleFactory,
    UserFactory,
)
from tests.production import token_of
from tests.proof.figures import Tally
from tests.removals import remove
from users.models import AccessToken, User

CALLERS = (
    *("nobody", "bad token", "expired token", "revoked token", "disabled account"),
    *("member elsewhere", "removed member", "staff without membership"),
    *("member", "role without the capability", "role with the capability", "admin", "owner"),
)
TARGETS = (
    *("member", "admin", "last owner", "caller", "removed before", "member elsewhere"),
    *("unknown", "malformed", "of an unknown organization", "of a malformed organization"),
)
DEPARTMENTS = ("none", "own", "of another organization", "unknown", "malformed")

UNAUTHENTICATED = {
    "nobody": "AUTHENTICATION_REQUIRED",
    "bad token": "TOKEN_INVALID",
    "expired token": "TOKEN_EXPIRED",
    "revoked token": "TOKEN_INVALID",
    "disabled account": "TOKEN_INVALID",
}
OUTSIDERS = {"member elsewhere", "removed member", "staff without membership"}
POWERLESS = {"member", "role without the capability"}
NO_SUCH_ORGANIZATION = {"of an unknown organization", "of a malformed organization"}
ABSENT = {"removed before", "member elsewhere", "unknown", "malformed"}

STATUS = {
    "": 204,
    "AUTHENTICATION_REQUIRED": 401,
    "TOKEN_INVALID": 401,
    "TOKEN_EXPIRED": 401,
    "ORGANIZATION_ACCESS_DENIED": 403,
    "INSUFFICIENT_PERMISSIONS": 403,
    "USER_NOT_FOUND": 404,
    "DEPARTMENT_NOT_FOUND": 404,
    "LAST_OWNER_CANNOT_BE_REMOVED": 422,
}


def expected_code(caller: str, target: str, department: str) -> str:
    """The contract's checks, in its order; nothing where the removal is done."""
    if caller in UNAUTHENTICATED:
        return UNAUTHENTICATED[caller]
    if caller in OUTSIDERS or target in NO_SUCH_ORGANIZATION:
        return "ORGANIZATION_ACCESS_DENIED"
    if caller in POWERLESS and target != "caller":
        return "INSUFFICIENT_PERMISSIONS"
    if target in ABSENT:
        return "USER_NOT_FOUND"
    if caller == "role with the capability" and target in {"admin", "last owner"}:
        return "INSUFFICIENT_PERMISSIONS"
    if target == "last owner" or (caller, target) == ("owner", "caller"):
        return "LAST_OWNER_CANNOT_BE_REMOVED"
    return "" if department in {"none", "own"} else "DEPARTMENT_NOT_FOUND"


def expected_preview(caller: str, target: str) -> tuple[str, str | None]:
    """What the preview answers: an error's code, or what it is blocked by."""
    code = expected_code(caller, target, "none")
    reported = code == "LAST_OWNER_CANNOT_BE_REMOVED" or (
        code == "INSUFFICIENT_PERMISSIONS" and caller == "role with the capability"
    )
    return ("", code or None) if reported or not code else (code, None)


@dataclass
class Cast:
    """An organization with everybody in it, and those outside."""

    organization: Organization
    users: dict[str, User]
    tokens: dict[str, str]
    departments: dict[str, str | None]

    def client(self, caller: str) -> APIClient:
        token = self.tokens[caller]
        return APIClient(HTTP_AUTHORIZATION=f"Bearer {token}") if token else APIClient()

    def path(self, caller: str, target: str) -> str:
        organizations = {
            "of an unknown organization": "org_unknown",
            "of a malformed organization": "org-malformed",
        }
        users = {"unknown": "usr_unknown", "malformed": "usr-malformed"}
        if target == "caller":
            user = self.users[caller].pk
        elif target in users:
            user = users[target]
        else:
            user = self.users["target member" if target in organizations else f"target {target}"].pk
        organization = organizations.get(target, self.organization.pk)
        return f"/v1/organizations/{organization}/users/{user}"


@pytest.fixture
def cast(db: None, unlimited: None) -> Cast:
    organization = OrganizationFactory.create()
    able = RoleFactory.create(organization=organization, capabilities=["remove_users"])
    unable = RoleFactory.create(organization=organization, capabilities=["manage_users"])

    def member(*roles: Any) -> Membership:
        return MembershipFactory.create(organization=organization, roles=roles)

    owner = member("Owner")
    removed_caller, removed_target = member(), member("Member")
    users = {
        "nobody": UserFactory.create(),
        "bad token": member("Admin").user,
        "expired token": member("Admin").user,
        "revoked token": member("Admin").user,
        "disabled account": member("Admin").user,
        "member elsewhere": MembershipFactory.create(roles=["Owner"]).user,
        "removed member": removed_caller.user,
        "staff without membership": UserFactory.create(is_staff=True, is_superuser=True),
        "member": member("Member").user,
        "role without the capability": member(unable).user,
        "role with the capability": member(able).user,
        "admin": member("Admin").user,
        "owner": owner.user,
        "target member": member("Member").user,
        "target admin": member("Admin").user,
        "target last owner": owner.user,
        "target removed before": removed_target.user,
        "target member elsewhere": MembershipFactory.create().user,
    }
    remove(removed_caller, removed_target)
    tokens = {caller: token_of(users[caller]) for caller in CALLERS}
    tokens |= {"nobody": "", "bad token": "offboard_guess"}
    now = timezone.now()
    of = AccessToken.objects.filter
    of(user=users["expired token"]).update(expires_at=now - timedelta(seconds=1))
    of(user=users["revoked token"]).update(revoked_at=now)
    User.objects.filter(pk=users["disabled account"].pk).update(is_active=False)
    departments = {
        "none": None,
        "own": DepartmentFactory.create(organization=organization).pk,
        "of another organization": DepartmentFactory.create().pk,
        "unknown": "dept_unknown",
        "malformed": "Sales",
    }
    return Cast(organization, users, tokens, departments)


def code_of(response: Any) -> str:
    return str(response.json()["error"]["code"]) if response.status_code >= 400 else ""


@pytest.mark.parametrize("caller", CALLERS)
def test_a_removal_by_every_caller_of_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for target, department in product(TARGETS, DEPARTMENTS):
        expected = expected_code(caller, target, department)
        body = {
            "confirm": True,
            "transfer_resources_to_department_id": cast.departments[department],
        }
        with subtests.test(target=target, department=department), transaction.atomic():
            response: Any = cast.client(caller).delete(cast.path(caller, target), body)

            assert (code_of(response), response.status_code) == (expected, STATUS[expected])
            transaction.set_rollback(True)
        tally("cells of the table of permissions")


@pytest.mark.parametrize("caller", CALLERS)
def test_a_preview_for_every_caller_of_every_target(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for target in TARGETS:
        expected, blocked_by = expected_preview(caller, target)
        with subtests.test(target=target):
            response: Any = cast.client(caller).get(f"{cast.path(caller, target)}/removal-preview")

            assert code_of(response) == expected
            assert response.status_code == (STATUS[expected] if expected else 200)
            if not expected:
                assert response.json()["blocked_by"] == blocked_by
        tally("cells of the table of permissions")


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs"])
@pytest.mark.parametrize("caller", CALLERS)
def test_the_description_is_for_everybody(cast: Cast, tally: Tally, caller: str, path: str) -> None:
    assert cast.client(caller).get(path).status_code == 200
    tally("cells of the table of permissions")


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
    body = re.sub(r'"(org|usr|dept)[_-][^"]*"', '"id"', response.content.decode())
    body = re.sub(r'"(trace_id|timestamp)":"[^"]*"', "", body)
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    headers.pop("Content-Length", None)  # it follows the ids
    return response.status_code, body, headers


@pytest.mark.parametrize(("caller", "there", "not_there"), SECRETS)
def test_no_answer_tells_what_exists(
    ask: Callable[..., Any], tally: Tally, caller: str, there: str, not_there: str
) -> None:
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
    ask: Callable[..., Any],
    tally: Tally,
    caller: str,
    there: str,
    not_there: str,
) -> None:
    times: dict[str, list[float]] = {there: [], not_there: []}
    for _ in range(100):
        for target, taken in times.items():
            started = time.perf_counter()
            ask(caller, target, None)
            taken.append(time.perf_counter() - started)

    # Within the noise of this machine: what differs by a query differs by more.
    ratio = fastest_half(times[there]) / fastest_half(times[not_there])
    assert 0.75 < ratio < 1.33
    tally("pairs of answers that must not differ", 100)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """Leave the log out of what is timed."""
    with capture_logs():
        yield
