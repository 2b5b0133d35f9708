"""The webhook endpoints of somebody who leaves: they stay, and whoever removes them should know."""

from collections import defaultdict
from collections.abc import Iterable

from organizations.models import WebhookEndpoint


def endpoints_by_maker(
    organization_id: str, user_ids: Iterable[str]
) -> dict[str, list[WebhookEndpoint]]:
    """Return the endpoints of an organization that these users made, by the users' ids."""
    made: dict[str, list[WebhookEndpoint]] = defaultdict(list)
    endpoints = WebhookEndpoint.objects.filter(
        organization=organization_id, created_by__in=list(user_ids)
    )
    for endpoint in endpoints.order_by("pk"):
        made[str(endpoint.created_by_id)].append(endpoint)
    return made
