"""The API passes nothing that only pages need."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from organizations.models import Membership
from tests.conftest import ClientOf
from tests.organizations.api.address import address_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(owner: Membership, client_of: ClientOf) -> APIClient:
    return client_of(owner.user)


def test_a_request_to_the_api_has_no_session_and_its_answer_no_policy_for_pages(
    client: APIClient, owner: Membership
) -> None:
    response = client.get(f"{address_of(owner)}/removal-preview")

    assert response.status_code == 200
    assert not hasattr(response.wsgi_request, "session")
    assert not hasattr(response.wsgi_request, "_messages")
    assert "Content-Security-Policy" not in response


def test_a_cookie_of_the_admin_is_nobody_to_the_api(owner: Membership) -> None:
    browser = Client()
    owner.user.is_staff = owner.user.is_superuser = True
    owner.user.save()
    browser.force_login(owner.user)

    assert browser.get("/admin/").status_code == 200
    assert browser.get(f"{address_of(owner)}/removal-preview").status_code == 401


@pytest.mark.parametrize("path", ["/v1/docs", "/v1/openapi.json", "/admin/login/", "/v1/nowhere"])
def test_everything_else_goes_the_whole_way(path: str) -> None:
    response = Client().get(path)

    assert hasattr(response.wsgi_request, "session")
    assert "Content-Security-Policy" in response
