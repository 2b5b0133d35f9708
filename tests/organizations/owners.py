"""Who owns organizations, said apart from the application, which asks its database."""

from django.db.models import QuerySet

from organizations.models import Membership


def active_owners() -> QuerySet[Membership]:
    """Return the members who hold the Owner role and can act, with an account that works."""
    return Membership.objects.current().filter(
        deactivated_at=None, user__is_active=True, role_assignments__role__is_owner=True
    )
