"""Whom a directory's address lets in, and what a directory's token opens elsewhere: nothing."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from rest_framework.test import APIClient

from organizations.connections.service import disable
from organizations.connections.tokens import issue_token
from organizations.models import Membership
from tests.directories import connect
from tests.factories import OrganizationFactory
from tests.proof.api_requests import REQUESTS
from tests.proof.cast import CALLERS, NO_SUCH_ORGANIZATION, Cast, code_of
from tests.proof.figures import CELLS, Tally
from tests.proof.test_request_permissions import ask

LET_IN = ("connection", "token before")
REFUSED_CONNECTIONS = (
    *("connection elsewhere", "token before the one before"),
    *("disabled connection", "no connection's"),
)
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
SEARCH = "urn:ietf:params:scim:api:messages:2.0:SearchRequest"


@dataclass(frozen=True)
class Request:
    """One request of a directory, and the status of the connection's answer."""

    method: str
    path: str
    body: dict[str, Any] | None = None
    status: int = 200


ACTIVE = {
    "schemas": [PATCH_OP],
    "Operations": [{"op": "replace", "path": "active", "value": False}],
}
RENAMED = {
    "schemas": [PATCH_OP],
    "Operations": [{"op": "replace", "path": "displayName", "value": "Renamed"}],
}
DIRECTORY_REQUESTS = (
    Request("GET", "/ResourceTypes"),
    Request("GET", "/Schemas"),
    Request("GET", "/Users"),
    Request("GET", "/Users/{user}"),
    Request("POST", "/Users/.search", {"schemas": [SEARCH]}),
    Request("POST", "/Users", {"schemas": [USER], "userName": "new@example.com"}, 201),
    Request("PUT", "/Users/{user}", {"schemas": [USER], "userName": "{address}"}),
    Request("PATCH", "/Users/{user}", ACTIVE),
    Request("DELETE", "/Users/{user}", status=204),
    Request("GET", "/Groups"),
    Request("GET", "/Groups/{department}"),
    Request("GET", "/Groups/none", status=404),
    Request("POST", "/Groups", {"schemas": [GROUP], "displayName": "New"}, 201),
    Request("PUT", "/Groups/{department}", {"schemas": [GROUP], "displayName": "Renamed"}),
    Request("PATCH", "/Groups/{department}", RENAMED, 204),
    Request("DELETE", "/Groups/{department}", status=204),
    Request("GET", "/Nothing", status=404),
)


@pytest.fixture
def tokens(cast: Cast) -> Iterator[dict[str, str]]:
    """The token of everybody who may call themselves a directory."""
    with transaction.atomic():
        disable(cast.organization.connections.directories().enabled().get())  # there can be one
        connection, oldest = connect(cast.organization)
        before, current = issue_token(connection), issue_token(connection)
        _, elsewhere = connect(OrganizationFactory.create())
        yield {
            "connection": current,
            "token before": before,
            "token before the one before": oldest,
            "connection elsewhere": elsewhere,
            "disabled connection": current,
            "no connection's": "offboard_scim_guess",
            **{caller: cast.tokens[caller] for caller in CALLERS},
        }
        transaction.set_rollback(True)


def send(request: Request, token: str, cast: Cast, organization: str) -> Any:
    """Send a directory's request to one of the organizations."""
    target = cast.users["target member"]
    path = request.path.format(user=target.pk, department=cast.departments["own"])
    address = f"{cast.organization_path(organization)}{path}".replace("/v1/", "/scim/v2/", 1)
    body = request.body
    if body and body.get("userName") == "{address}":
        body = {**body, "userName": target.email}
    return Client().generic(
        request.method,
        address,
        "" if body is None else json.dumps(body),
        content_type="application/scim+json",
        headers={"Authorization": f"Bearer {token}"} if token else {},
    )


def without_ids(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """What is left of a response besides its trace."""
    headers = {name: value for name, value in response.items() if name != "X-Request-ID"}
    return response.status_code, response.content, headers


@pytest.mark.parametrize("caller", LET_IN)
def test_the_connection_is_let_in_with_either_of_its_tokens(
    cast: Cast, tokens: dict[str, str], tally: Tally, subtests: pytest.Subtests, caller: str
) -> None:
    for request in DIRECTORY_REQUESTS:
        with subtests.test(request=request), transaction.atomic():
            response = send(request, tokens[caller], cast, "this organization")

            assert response.status_code == request.status, response.content
            transaction.set_rollback(True)
        tally(CELLS)


def test_whoever_else_asks_is_refused_and_cannot_tell_why(
    cast: Cast, tokens: dict[str, str], tally: Tally, subtests: pytest.Subtests
) -> None:
    # Whoever sends no token is told that much less: not that it is wrong.
    refused = {
        token: without_ids(send(DIRECTORY_REQUESTS[0], token, cast, "this organization"))
        for token in ("", "guess")
    }
    assert {status for status, *_ in refused.values()} == {401}
    members = Membership.objects.current().count()

    def refuse(callers: tuple[str, ...], organizations: tuple[str, ...]) -> None:
        for request, caller, organization in product(DIRECTORY_REQUESTS, callers, organizations):
            with subtests.test(request=request, caller=caller, organization=organization):
                response = send(request, tokens[caller], cast, organization)

                assert without_ids(response) == refused["guess" if tokens[caller] else ""]
            tally(CELLS)

    nobody = tuple(caller for caller in REFUSED_CONNECTIONS if caller != "disabled connection")
    refuse((*nobody, *CALLERS), ("this organization",))
    refuse((*LET_IN, *REFUSED_CONNECTIONS, "owner"), tuple(sorted(NO_SUCH_ORGANIZATION)))
    disable(cast.organization.connections.directories().enabled().get())
    refuse(("disabled connection",), ("this organization",))
    assert Membership.objects.current().count() == members


def test_a_directorys_token_opens_nothing_of_the_api(
    cast: Cast, tokens: dict[str, str], tally: Tally, subtests: pytest.Subtests
) -> None:
    for (key, request), caller in product(REQUESTS.items(), (*LET_IN, *REFUSED_CONNECTIONS)):
        client = APIClient(HTTP_AUTHORIZATION=f"Bearer {tokens[caller]}")
        with subtests.test(request=key, caller=caller):
            response = ask(client, key[0], request, cast, "this organization")

            assert (code_of(response), response.status_code) == ("TOKEN_INVALID", 401)
        tally(CELLS)


def test_how_to_authenticate_can_be_read_by_everybody(
    cast: Cast, tokens: dict[str, str], tally: Tally, subtests: pytest.Subtests
) -> None:
    for caller, token in tokens.items():
        with subtests.test(caller=caller):
            request = Request("GET", "/ServiceProviderConfig")
            assert send(request, token, cast, "this organization").status_code == 200
        tally(CELLS)
