"""Somebody who follows the audit log."""

from typing import Any

from rest_framework.test import APIClient

from organizations.models import Organization
from tests.organizations.api.lists import address_in, listed
from tests.organizations.api.refusal import refusal


def page(
    client: APIClient, organization: Organization, cursor: str | None = None, **query: Any
) -> Any:
    """Return the page after a cursor, or the first one."""
    after = {} if cursor is None else {"cursor": cursor}
    return listed(client, organization, "audit-log", order="asc", **after, **query)


def refused_page(client: APIClient, organization: Organization, **query: Any) -> tuple[int, str]:
    """Return the status and the code of the error for a page."""
    response: Any = client.get(address_in(organization, "audit-log"), {"order": "asc", **query})
    return refusal(response)


def follow(
    client: APIClient, organization: Organization, cursor: str | None = None, **query: Any
) -> tuple[list[str], str]:
    """Return the ids of all events after a cursor, as far as there are, and the next cursor."""
    ids: list[str] = []
    while True:
        found = page(client, organization, cursor, **query)
        ids += [item["id"] for item in found["items"]]
        cursor = found["next"]
        if not found["has_more"]:
            return ids, cursor
