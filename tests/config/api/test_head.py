"""HEAD is answered wherever GET is, as GET is, without the body."""

from collections.abc import Callable
from socket import create_connection

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.test import Client, RequestFactory

from organizations.models import Membership
from tests.conftest import ClientOf
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of, routes
from tests.organizations.api.lists import address_in
from tests.production import serving, token_of

READ = sorted(
    route for route, each in routes() if hasattr(vars(each.callback)["view_class"], "get")
)


@pytest.mark.parametrize("route", READ)
def test_every_address_of_an_organization(
    owner: Membership, client_of: ClientOf, route: str
) -> None:
    user = MembershipFactory.create(organization=owner.organization).user_id
    path = route.replace("<str:organization_id>", owner.organization_id)
    path = path.replace("<str:user_id>", user)
    client = client_of(owner.user)

    head, get = client.head(path), client.get(path)

    assert head.status_code == get.status_code
    assert head["Content-Type"] == get["Content-Type"]


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs", "/livez", "/readyz"])
@pytest.mark.django_db
def test_every_other_address(path: str) -> None:
    assert Client().head(path).status_code == 200


@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/nowhere", "/livez"])
@pytest.mark.django_db
def test_the_server_is_given_the_length_and_no_body(path: str) -> None:
    factory = RequestFactory()
    sent: dict[str, str] = {}

    # The client for tests drops the body itself.
    def start(
        status: str, headers: list[tuple[str, str]], error: object = None, /
    ) -> Callable[[bytes], object]:
        sent.update(headers)
        return len

    body = WSGIHandler()(factory.head(path).environ, start)

    assert b"".join(body) == b""
    assert int(sent["Content-Length"]) == len(Client().get(path).content) > 0


@pytest.mark.django_db(transaction=True)
def test_the_server_sends_no_body(owner: Membership) -> None:
    paths = [
        address_of(owner),
        address_in(owner.organization, "audit-log/export"),
        f"/scim/v2/organizations/{owner.organization_id}/ServiceProviderConfig",
    ]
    with serving("--workers", "1") as server:
        for path in paths:
            with create_connection(("127.0.0.1", server.port), timeout=10) as connection:
                connection.sendall(
                    f"HEAD {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
                    f"Authorization: Bearer {token_of(owner.user)}\r\n\r\n".encode()
                )
                head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")

            assert head.startswith(b"HTTP/1.1 200 ")
            assert body == b""
