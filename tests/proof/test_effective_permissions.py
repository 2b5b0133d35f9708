"""What callers are told that they may do is what each request of the API allows them.

What each request does allow to each of these callers, test_request_permissions.py sends.
"""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.capabilities import ALL_CAPABILITIES, Capability
from tests.factories import MembershipFactory, RoleFactory
from tests.production import token_of
from tests.proof.api_requests import REQUESTS, Request
from tests.proof.cast import CALLERS, OUTSIDERS, UNAUTHENTICATED, Cast
from tests.proof.figures import CELLS, Tally
from tests.proof.test_request_permissions import expected_code, is_open_to

HERE = "this organization"


def told(client: APIClient, cast: Cast) -> set[str] | None:
    """Return what ``user/me`` says of the cast's organization, or None where it is not named."""
    response: Any = client.get("/v1/user/me")
    assert response.status_code == 200
    for organization in response.json()["organizations"]:
        if organization["id"] == cast.organization.pk:
            return set(organization["capabilities"])
    return None


def told_by(client: APIClient, cast: Cast, user_id: str) -> set[str]:
    """Return what a member is told of another one's effective permissions."""
    address = f"{cast.organization_path(HERE)}/users/{user_id}/effective-permissions"
    response: Any = client.get(address)
    assert response.status_code == 200
    return set(response.json()["capabilities"])


def refusal_of(request: Request, capabilities: set[str] | None) -> str:
    """Return what is told of a request: the code of its refusal, or nothing if it is allowed."""
    if request.path.startswith("/"):
        return ""
    if capabilities is None:
        return "ORGANIZATION_ACCESS_DENIED"
    return request.refusal if request.needs and capabilities.isdisjoint(request.needs) else ""


@pytest.mark.parametrize("caller", sorted(set(CALLERS) - set(UNAUTHENTICATED)))
def test_each_caller_may_do_what_they_are_told(cast: Cast, tally: Tally, caller: str) -> None:
    capabilities = told(cast.client(caller), cast)

    assert (capabilities is None) == (caller in OUTSIDERS)
    for request in REQUESTS.values():
        assert refusal_of(request, capabilities) == expected_code(request, caller, HERE), request
        tally(CELLS)


@pytest.mark.parametrize("capability", Capability)
def test_each_capability_by_itself_is_told_and_allows_its_requests(
    cast: Cast, tally: Tally, capability: Capability
) -> None:
    role = RoleFactory.create(organization=cast.organization, capabilities=[capability])
    member = MembershipFactory.create(organization=cast.organization, roles=[role, "Member"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token_of(member.user)}")
    overrides = capability == Capability.OVERRIDE_ALL_PERMISSIONS
    expected: set[str] = set(ALL_CAPABILITIES) if overrides else {capability}

    assert told(client, cast) == told_by(cast.client("member"), cast, member.user_id) == expected
    for request in REQUESTS.values():
        assert (refusal_of(request, expected) == "") == is_open_to(capability, request), request
        tally(CELLS)


@pytest.mark.parametrize(
    ("user", "caller"),
    [
        *((caller, caller) for caller in ("member", "role without the capability")),
        *((caller, caller) for caller in ("role with the capability", "admin", "owner")),
        ("deactivated admin", "deactivated admin"),
    ],
)
def test_others_are_told_of_a_member_what_the_member_is_told(
    cast: Cast, user: str, caller: str
) -> None:
    of_themself = told(cast.client(caller), cast)

    assert told_by(cast.client("member"), cast, cast.users[user].pk) == (of_themself or set())


def test_a_member_whose_account_is_disabled_may_do_nothing(cast: Cast) -> None:
    assert told_by(cast.client("member"), cast, cast.users["disabled account"].pk) == set()
