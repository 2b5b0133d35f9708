"""Where a member is found in the API, and which addresses there are."""

from collections.abc import Iterable, Iterator

from django.urls import URLPattern, URLResolver

from organizations.api.urls import urlpatterns
from organizations.models import Membership


def address_of(member: Membership) -> str:
    """Return the path of a member, or of somebody who was one."""
    return f"/v1/organizations/{member.organization_id}/users/{member.user_id}"


def routes(
    patterns: Iterable[URLPattern | URLResolver] = urlpatterns, above: str = "/v1/"
) -> Iterator[tuple[str, URLPattern]]:
    """Yield every route of the API, whole, with its pattern."""
    for pattern in patterns:
        route = f"{above}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, pattern
