"""Every error under /v1 has the contract's body, whatever raised it."""

import re
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from django.db import InterfaceError, InternalError, OperationalError
from django.test import Client, override_settings
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from organizations.models import Membership
from tests.config.api.envelopes import assert_envelope
from tests.conftest import ClientOf
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of


@pytest.fixture
def client(owner: Membership, client_of: ClientOf) -> APIClient:
    return client_of(owner.user)


@pytest.fixture
def path(owner: Membership) -> str:
    return address_of(MembershipFactory.create(organization=owner.organization))


def test_the_reference_error_to_the_letter(client: APIClient, path: str) -> None:
    error = assert_envelope(client.delete(path), 422, "CONFIRMATION_REQUIRED", "client_error")

    assert error["message"] == "Please confirm this action by setting confirm to true."
    assert error["system_message"] == "please confirm this action by setting confirm to true."
    assert error["details"] == {"user_id": path.rsplit("/", 1)[1]}


def test_a_timestamp_is_utc_in_whole_seconds(client: APIClient, path: str) -> None:
    before = datetime.now(UTC).replace(microsecond=0)

    stamp = client.delete(path).json()["error"]["timestamp"]

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp)
    assert before <= datetime.fromisoformat(stamp) <= datetime.now(UTC)


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("unknown", ["/v1", "/v1/", "/v1/nothing", "/v1/organizations/org_1/"])
@pytest.mark.django_db
def test_an_unknown_path(unknown: str, debug: bool) -> None:
    with override_settings(DEBUG=debug):
        assert_envelope(Client().get(unknown), 404, "NOT_FOUND", "client_error")


@pytest.mark.parametrize("slashes", ["/", "//"])
def test_a_slash_too_many_is_told_from_a_user_who_is_not_there(
    client: APIClient, path: str, slashes: str
) -> None:
    response = client.delete(f"{path}{slashes}", {"confirm": True})

    error = assert_envelope(response, 404, "NOT_FOUND", "client_error")
    assert error["details"] == {"address": path}
    assert path in error["message"]
    assert path in error["system_message"]
    assert client.delete(path, {"confirm": True}).status_code == 204


def test_a_format_in_the_query_is_no_unknown_path(client: APIClient, path: str) -> None:
    assert client.delete(f"{path}?format=xml", {"confirm": True}).status_code == 204


def test_a_wrong_method_names_the_right_ones(client: APIClient, path: str) -> None:
    response = client.post(path, {})

    assert_envelope(response, 405, "METHOD_NOT_ALLOWED", "client_error")
    assert response["Allow"] == "GET, HEAD, DELETE"


def test_a_caller_who_takes_no_json(client: APIClient, path: str) -> None:
    response = client.delete(path, HTTP_ACCEPT="text/html")

    assert_envelope(response, 406, "NOT_ACCEPTABLE", "client_error")


def test_a_body_that_is_no_json(client: APIClient, path: str) -> None:
    response = client.delete(path, "confirm=true", content_type="text/plain")

    assert_envelope(response, 415, "UNSUPPORTED_MEDIA_TYPE", "client_error")


@pytest.mark.parametrize("size", [64 * 1024 + 1, 3 * 1024 * 1024])
def test_a_body_that_is_too_large(client: APIClient, path: str, size: int) -> None:
    body = b'{"confirm": true}'.ljust(size)

    response = client.delete(path, body, content_type="application/json")

    assert_envelope(response, 413, "PAYLOAD_TOO_LARGE", "client_error")


@pytest.mark.parametrize("debug", [True, False])
def test_an_unhandled_exception_leaks_nothing_and_is_logged_whole(
    client: APIClient, path: str, debug: bool
) -> None:
    failing = patch(
        "organizations.api.removal.remove_members", side_effect=RuntimeError("the secret cause")
    )
    client.raise_request_exception = False
    with override_settings(DEBUG=debug), failing, capture_logs() as logged:
        response = client.delete(path, {"confirm": True})

    assert_envelope(response, 500, "INTERNAL_ERROR", "server_error")
    assert b"secret" not in response.content
    [error] = [line for line in logged if line["log_level"] == "error"]
    assert str(error["exc_info"]) == "the secret cause"


@pytest.mark.parametrize(
    "fault", [OperationalError("gone"), InterfaceError("closed"), InternalError("read-only")]
)
def test_a_database_that_cannot_do_it_now(client: APIClient, path: str, fault: Exception) -> None:
    with patch("organizations.api.removal.remove_members", side_effect=fault):
        response = client.delete(path, {"confirm": True})

    assert_envelope(response, 503, "SERVICE_UNAVAILABLE", "server_error")
    assert int(response["Retry-After"]) > 0


@pytest.mark.parametrize("page", ["/v1/docs", "/v1/openapi.json"])
@pytest.mark.django_db
def test_what_describes_the_api_is_no_exception(page: str) -> None:
    assert_envelope(Client().post(page), 405, "METHOD_NOT_ALLOWED", "client_error")
    refused = Client().get(page, headers={"accept": "image/png"})
    assert_envelope(refused, 406, "NOT_ACCEPTABLE", "client_error")


@override_settings(ALLOWED_HOSTS=["offboard.example"])
@pytest.mark.django_db
def test_a_host_that_is_not_ours() -> None:
    response = Client().get("/v1/docs", HTTP_HOST="elsewhere.example")

    assert_envelope(response, 400, "MALFORMED_REQUEST", "client_error")


@override_settings(DEBUG=False)
@pytest.mark.django_db
def test_a_page_outside_the_api_keeps_its_own_errors() -> None:
    assert Client().get("/nothing")["Content-Type"].startswith("text/html")
