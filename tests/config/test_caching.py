"""Answers of the API and of SCIM are not to be stored."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.directories import connect
from tests.organizations.api.address import routes

pytestmark = pytest.mark.django_db
ROUTES = sorted(route for route, _ in routes())


@pytest.mark.parametrize("route", ROUTES)
def test_no_answer_of_an_endpoint_is_to_be_stored(
    owner: Membership, client_of: ClientOf, route: str
) -> None:
    path = route.replace("<str:organization_id>", owner.organization_id).replace(
        "<str:user_id>", owner.user_id
    )
    client: APIClient = client_of(owner.user)

    for answer in (client.get(path), client.post(path), APIClient().get(path)):
        assert answer["Cache-Control"] == "no-store", answer.status_code


@pytest.mark.parametrize(
    "path", ["/v1", "/v1/nothing", "/v1/docs", "/v1/openapi.json", "/scim/v2/nothing"]
)
def test_neither_is_an_error_or_a_page(path: str) -> None:
    assert Client().get(path)["Cache-Control"] == "no-store"


def test_neither_is_a_secret_or_an_answer_of_scim(
    owner: Membership, organization: Organization, client_of: ClientOf
) -> None:
    _, token = connect(organization)
    scim = f"/scim/v2/organizations/{organization.pk}"
    webhooks = f"/v1/organizations/{organization.pk}/webhook-endpoints"

    answers = [
        client_of(owner.user).post(webhooks, {"url": "https://1.1.1.1/"}),
        Client().get(f"{scim}/Users", headers={"Authorization": f"Bearer {token}"}),
        Client().get(f"{scim}/Users"),
        Client().get(f"{scim}/ServiceProviderConfig"),
    ]

    assert [answer.status_code for answer in answers] == [201, 200, 401, 200]
    assert {answer["Cache-Control"] for answer in answers} == {"no-store"}
