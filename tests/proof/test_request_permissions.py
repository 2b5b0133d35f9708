"""Which request takes what: every request of the API, every caller, every capability by itself."""

from itertools import product
from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from organizations.capabilities import Capability
from tests.factories import MembershipFactory, RoleFactory
from tests.organizations.api.address import routes
from tests.production import token_of
from tests.programs import program_of
from tests.proof.api_requests import REQUESTS, Request
from tests.proof.cast import (
    ABLE,
    ABLE_ALONE,
    ABSENT,
    CALLERS,
    NO_SUCH_ORGANIZATION,
    OUTSIDERS,
    POWERLESS,
    PROGRAMS,
    TARGETS,
    UNAUTHENTICATED,
    Cast,
    answer_of,
    code_of,
    expected_answer,
)
from tests.proof.figures import CELLS, Tally

# The others ask in an organization that there is not for one request each: test_permissions.py.
ASK_EVERYWHERE = {"nobody", "owner", "program with every capability"}


def ask(client: APIClient, method: str, request: Request, cast: Cast, organization: str) -> Any:
    """Ask for something in one of the organizations."""
    path = request.path.format(user=cast.user_id("", request.about), **cast.addresses)
    is_of_everybody = path.startswith("/")
    address = path if is_of_everybody else f"{cast.organization_path(organization)}/{path}"
    body = [request.body(cast)] if request.body else []
    return getattr(client, method)(address, *body)


def expected_code(request: Request, caller: str, organization: str) -> str:
    """What is asked of the caller alone; nothing for somebody who may."""
    if caller in UNAUTHENTICATED:
        return UNAUTHENTICATED[caller]
    if request.path.startswith("/"):
        return ""
    if caller in OUTSIDERS or organization in NO_SUCH_ORGANIZATION:
        return "ORGANIZATION_ACCESS_DENIED"
    if request.takes_a_person and caller in PROGRAMS:
        return request.refusal
    is_able = caller not in ABLE_ALONE or not request.needs.isdisjoint(map(Capability, ABLE))
    may = not request.needs or (caller not in POWERLESS and is_able)
    return "" if may else request.refusal


def is_open_to(capability: Capability, request: Request) -> bool:
    """Whether a member who has nothing but this capability may ask for it."""
    return (
        not request.needs
        or capability in request.needs
        or capability == Capability.OVERRIDE_ALL_PERMISSIONS
    )


def assert_answer(response: Any, code: str, request: Request) -> None:
    """Check the code of a refusal, or that there is none, and the capabilities that it names."""
    assert code_of(response) == code
    if code == "INSUFFICIENT_PERMISSIONS":
        needed = response.json()["error"]["details"]["required_capabilities"]
        assert set(needed) == request.needs


def test_every_request_is_in_the_table() -> None:
    served = {
        (method, pattern.name)
        for _, pattern in routes()
        for method in ("get", "post", "put", "patch", "delete")
        if hasattr(vars(pattern.callback)["view_class"], method)
    }

    assert served == set(REQUESTS)


@pytest.mark.parametrize("caller", [*CALLERS, *PROGRAMS])
def test_every_request_asks_first_who_the_caller_is(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    elsewhere = sorted(NO_SUCH_ORGANIZATION) if caller in ASK_EVERYWHERE else []
    for (key, request), organization in product(
        REQUESTS.items(), ["this organization", *elsewhere]
    ):
        expected = expected_code(request, caller, organization)
        with subtests.test(request=key, organization=organization), transaction.atomic():
            response = ask(cast.client(caller), key[0], request, cast, organization)

            assert answer_of(response) == expected_answer(expected, request.status)
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("caller", ["nobody", "member elsewhere", "member"])
def test_who_may_not_is_told_so_whatever_else_is_wrong(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    """A task may be the caller's own, which its service decides: test_task_permissions.py."""
    for (method, name), request in REQUESTS.items():
        expected = expected_code(request, caller, "this organization")
        is_own_perhaps = caller == "member" and name == "offboarding-task"
        if not expected or is_own_perhaps or name == "me":
            continue
        path = request.path.format(user="usr_unknown", **cast.addresses)
        address = f"{cast.organization_path('this organization')}/{path}?nothing=1"
        with subtests.test(request=(method, name)):
            body = [{"nothing": 1}] if method != "get" else []
            response = getattr(cast.client(caller), method)(address, *body)

            assert code_of(response) == expected
        tally(CELLS)


@pytest.mark.parametrize("capability", Capability)
def test_each_capability_opens_its_requests_and_no_other(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, capability: Capability
) -> None:
    role = RoleFactory.create(organization=cast.organization, capabilities=[capability])
    member = MembershipFactory.create(organization=cast.organization, roles=[role])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token_of(member.user)}")
    for key, request in REQUESTS.items():
        expected = "" if is_open_to(capability, request) else request.refusal
        with subtests.test(request=key), transaction.atomic():
            response = ask(client, key[0], request, cast, "this organization")

            assert_answer(response, expected, request)
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("capability", Capability)
def test_each_capability_of_a_program_opens_the_same(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, capability: Capability
) -> None:
    client = program_of(cast.organization, capability)
    for key, request in REQUESTS.items():
        may = is_open_to(capability, request) and not request.takes_a_person
        with subtests.test(request=key), transaction.atomic():
            response = ask(client, key[0], request, cast, "this organization")

            assert_answer(response, "" if may else request.refusal, request)
            transaction.set_rollback(True)
        tally(CELLS)


def test_a_user_is_shown_to_every_active_member(
    cast: Cast, tally: Tally, subtests: pytest.Subtests
) -> None:
    for caller, target in product(CALLERS, TARGETS):
        expected = expected_code(REQUESTS["get", "organization-user"], caller, target)
        if not expected and target in ABSENT:
            expected = "USER_NOT_FOUND"
        with subtests.test(caller=caller, target=target):
            response = cast.client(caller).get(cast.path(caller, target))

            assert answer_of(response) == expected_answer(expected)
        tally(CELLS)


def test_a_record_of_another_organization_is_shown_to_nobody(
    cast: Cast, tally: Tally, subtests: pytest.Subtests
) -> None:
    removals = (cast.removal_elsewhere, "rem_unknown", "rem-malformed")
    for caller, removal in product(CALLERS, removals):
        refusal = expected_code(REQUESTS["get", "removal"], caller, "this organization")
        expected = refusal or "REMOVAL_NOT_FOUND"
        with subtests.test(caller=caller, removal=removal):
            address = f"{cast.organization_path('this organization')}/removals/{removal}"
            response = cast.client(caller).get(address)

            assert answer_of(response) == expected_answer(expected)
        tally(CELLS)
