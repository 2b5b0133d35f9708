"""What callers are told that they may do is what each request of the API allows them."""

from typing import Any

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from organizations.capabilities import ALL_CAPABILITIES, Capability
from tests.factories import MembershipFactory, RoleFactory
from tests.production import token_of
from tests.proof.api_requests import REQUESTS
from tests.proof.cast import CALLERS, OUTSIDERS, UNAUTHENTICATED, Cast, code_of
from tests.proof.figures import CELLS, Tally
from tests.proof.test_request_permissions import ask

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


def assert_allowed(
    client: APIClient,
    capabilities: set[str] | None,
    cast: Cast,
    tally: Tally,
    subtests: pytest.Subtests,
) -> None:
    """Send every request, and compare each answer with what the client was told."""
    for key, request in REQUESTS.items():
        if request.path.startswith("/"):
            continue
        if capabilities is None:
            expected = "ORGANIZATION_ACCESS_DENIED"
        elif request.needs and capabilities.isdisjoint(request.needs):
            expected = request.refusal
        else:
            expected = ""
        with subtests.test(request=key), transaction.atomic():
            assert code_of(ask(client, key[0], request, cast, HERE)) == expected
            transaction.set_rollback(True)
        tally(CELLS)


@pytest.mark.parametrize("caller", sorted(set(CALLERS) - set(UNAUTHENTICATED)))
def test_each_caller_may_do_what_they_are_told(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    client = cast.client(caller)
    capabilities = told(client, cast)

    assert (capabilities is None) == (caller in OUTSIDERS)
    assert_allowed(client, capabilities, cast, tally, subtests)


@pytest.mark.parametrize("caller", UNAUTHENTICATED)
def test_whose_token_does_not_work_is_told_nothing(cast: Cast, caller: str) -> None:
    assert code_of(cast.client(caller).get("/v1/user/me")) == UNAUTHENTICATED[caller]


@pytest.mark.parametrize("capability", Capability)
def test_each_capability_by_itself_is_told_and_allows_its_requests(
    cast: Cast, tally: Tally, subtests: pytest.Subtests, capability: Capability
) -> None:
    role = RoleFactory.create(organization=cast.organization, capabilities=[capability])
    member = MembershipFactory.create(organization=cast.organization, roles=[role, "Member"])
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {token_of(member.user)}")
    overrides = capability == Capability.OVERRIDE_ALL_PERMISSIONS
    expected: set[str] = set(ALL_CAPABILITIES) if overrides else {capability}

    assert told(client, cast) == told_by(cast.client("member"), cast, member.user_id) == expected
    assert_allowed(client, expected, cast, tally, subtests)


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
