"""What Django and REST framework raise on their own keeps its status and gets the envelope."""

from typing import Any

import pytest
from django.test import Client, override_settings
from rest_framework.test import APIClient

from tests.config.api.envelopes import assert_envelope
from tests.conftest import ClientOf
from tests.factories import UserFactory

pytestmark = [pytest.mark.urls("tests.config.api.endpoints"), pytest.mark.django_db]


@pytest.fixture
def client(client_of: ClientOf) -> APIClient:
    client = client_of(UserFactory.create())
    client.raise_request_exception = False
    return client


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("raised", "status", "code", "kind"),
    [
        ("not-authenticated", 401, "AUTHENTICATION_REQUIRED", "authentication_error"),
        ("authentication-failed", 401, "TOKEN_INVALID", "authentication_error"),
        ("permission-denied", 403, "INSUFFICIENT_PERMISSIONS", "authorization_error"),
        ("django-permission-denied", 403, "INSUFFICIENT_PERMISSIONS", "authorization_error"),
        ("not-found", 404, "NOT_FOUND", "client_error"),
        ("http404", 404, "NOT_FOUND", "client_error"),
        ("parse-error", 400, "MALFORMED_REQUEST", "client_error"),
        ("bad-request", 400, "MALFORMED_REQUEST", "client_error"),
        ("suspicious", 400, "MALFORMED_REQUEST", "client_error"),
        ("too-big", 413, "PAYLOAD_TOO_LARGE", "client_error"),
        ("throttled", 429, "RATE_LIMITED", "rate_limit_error"),
        ("invalid", 422, "VALIDATION_ERROR", "validation_error"),
        ("conflict", 409, "CONFLICT", "client_error"),
        ("unheard-of", 499, "CLIENT_ERROR", "client_error"),
        ("away", 503, "SERVICE_UNAVAILABLE", "server_error"),
        ("nothing-known", 500, "INTERNAL_ERROR", "server_error"),
    ],
)
def test_what_a_view_raises(
    client: APIClient, raised: str, status: int, code: str, kind: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        response = client.get(f"/v1/raises/{raised}")

    assert_envelope(response, status, code, kind)
    assert b"secret" not in response.content


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize(
    ("raised", "status", "code", "kind"),
    [
        ("django-permission-denied", 403, "INSUFFICIENT_PERMISSIONS", "authorization_error"),
        ("http404", 404, "NOT_FOUND", "client_error"),
        ("bad-request", 400, "MALFORMED_REQUEST", "client_error"),
        ("suspicious", 400, "MALFORMED_REQUEST", "client_error"),
    ],
)
def test_what_a_plain_page_raises(
    raised: str, status: int, code: str, kind: str, debug: bool
) -> None:
    with override_settings(DEBUG=debug):
        response = Client().get(f"/v1/page-raises/{raised}")

    assert_envelope(response, status, code, kind)
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, "AUTHENTICATION_REQUIRED", "authentication_error"),
        (402, "PAYMENT_REQUIRED", "client_error"),
        (403, "INSUFFICIENT_PERMISSIONS", "authorization_error"),
        (409, "CONFLICT", "client_error"),
        (410, "GONE", "client_error"),
        (418, "I_M_A_TEAPOT", "client_error"),
        (423, "LOCKED", "client_error"),
        (429, "RATE_LIMITED", "rate_limit_error"),
        (503, "SERVICE_UNAVAILABLE", "server_error"),
    ],
)
def test_what_a_page_answers_for_itself(status: int, code: str, kind: str) -> None:
    response = Client().get(f"/v1/page-answers/{status}")

    assert_envelope(response, status, code, kind)
    assert response["X-Own"] == "kept"


def test_an_error_that_a_view_answers_instead_of_raising_it(client: APIClient) -> None:
    assert_envelope(client.get("/v1/answers"), 409, "CONFLICT", "client_error")


def test_a_refusal_in_words_is_told_to_developers(client: APIClient) -> None:
    closed = assert_envelope(
        client.get("/v1/closed"), 403, "INSUFFICIENT_PERMISSIONS", "authorization_error"
    )
    conflict = assert_envelope(client.get("/v1/raises/conflict"), 409, "CONFLICT", "client_error")

    assert closed["system_message"] == "not on sundays."
    assert (conflict["message"], conflict["system_message"]) == (
        "Conflict.",
        "somebody was faster.",
    )


@pytest.mark.parametrize(
    ("raised", "challenge"),
    [("not-authenticated", "Bearer"), ("authentication-failed", 'Bearer error="invalid_token"')],
)
def test_a_401_names_the_scheme(client: APIClient, raised: str, challenge: str) -> None:
    assert client.get(f"/v1/raises/{raised}")["WWW-Authenticate"] == challenge


@pytest.mark.parametrize(("raised", "seconds"), [("throttled", "7"), ("away", "5")])
def test_what_passes_says_when_to_come_back(client: APIClient, raised: str, seconds: str) -> None:
    assert client.get(f"/v1/raises/{raised}")["Retry-After"] == seconds


@pytest.mark.parametrize(
    ("raised", "details"),
    [
        ("invalid", {"non_field_errors": ["The two do not fit."]}),
        ("invalid-items", {"ids": ["Must be a string."]}),
    ],
)
def test_details_are_always_an_object_of_fields_and_their_messages(
    client: APIClient, raised: str, details: dict[str, list[str]]
) -> None:
    response: Any = client.get(f"/v1/raises/{raised}")

    assert response.json()["error"]["details"] == details


def test_a_user_who_is_authenticated_without_a_token_is_served() -> None:
    client = APIClient()
    client.force_authenticate(UserFactory.create())

    assert client.get("/v1/newest").status_code == 200
