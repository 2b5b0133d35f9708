"""The API is not for plain HTTP."""

import pytest
from django.test import Client, override_settings

from organizations.models import Membership
from tests.conftest import ClientOf
from tests.organizations.api.address import address_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _https_only() -> object:
    with override_settings(SECURE_SSL_REDIRECT=True):
        yield


@pytest.mark.parametrize("path", ["/v1", "/v1/nowhere", "/v1/docs", "/v1/openapi.json"])
def test_nothing_under_v1_is_redirected(path: str) -> None:
    response = Client().get(path)

    assert (response.status_code, response.json()["error"]["code"]) == (403, "HTTPS_REQUIRED")
    assert response.json()["error"]["trace_id"] == response["X-Request-ID"]


def test_a_removal_over_plain_http_is_refused_and_over_https_is_not(
    owner: Membership, client_of: ClientOf
) -> None:
    client = client_of(owner.user)

    refused = client.delete(address_of(owner), {"confirm": True})
    read = client.delete(address_of(owner), {"confirm": True}, secure=True)

    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "HTTPS_REQUIRED")
    assert read.json()["error"]["code"] == "LAST_OWNER_CANNOT_BE_REMOVED"


def test_a_page_is_led_to_https() -> None:
    response = Client().get("/admin/login/")

    assert (response.status_code, response["Location"]) == (301, "https://testserver/admin/login/")
