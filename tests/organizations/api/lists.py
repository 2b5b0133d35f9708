"""What a list of the API answers."""

from typing import Any

from rest_framework.test import APIClient

from organizations.models import Organization


def address_in(organization: Organization, path: str) -> str:
    """Return the path of what an organization has."""
    return f"/v1/organizations/{organization.pk}/{path}"


def listed(client: APIClient, organization: Organization, path: str, **query: Any) -> Any:
    """Return the body of a list; raises AssertionError for an error."""
    response: Any = client.get(address_in(organization, path), query)
    assert response.status_code == 200, response.content
    return response.json()


def ids(client: APIClient, organization: Organization, path: str, **query: Any) -> list[str]:
    """Return the ids on a page."""
    return [item["id"] for item in listed(client, organization, path, **query)["items"]]
