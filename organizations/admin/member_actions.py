"""What the actions on members share: the permission, grouping and batches."""

from collections.abc import Iterator, Sequence

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from config.admin.large_tables import LargeTableAdmin
from organizations.guards.acts import Act
from organizations.models import Membership, Organization
from organizations.models.membership import MembershipQuerySet

BATCH_SIZE = 1000

CHANGELIST = "admin:organizations_membership_changelist"
MEMBER = "admin:organizations_membership_change"


class MemberActionAdmin(LargeTableAdmin[Membership]):
    """The base of the parts of the membership's admin that act on members."""

    def may(self, request: HttpRequest, act: Act) -> bool:
        """Return whether the user may do this to members."""
        return act.is_staffs(request.user)

    def require_permission(self, request: HttpRequest, act: Act) -> None:
        """Raise PermissionDenied unless the user may do this to members."""
        if not self.may(request, act):
            raise PermissionDenied


def by_organization(members: MembershipQuerySet) -> dict[Organization, list[Membership]]:
    """Return the members of each organization, newest first; organizations sorted by name."""
    grouped: dict[Organization, list[Membership]] = {}
    for member in members.select_related("user", "organization").order_by(
        "organization__name", "organization", "-pk"
    ):
        grouped.setdefault(member.organization, []).append(member)
    return grouped


def in_batches(members: Sequence[Membership]) -> Iterator[Sequence[Membership]]:
    """Yield the members in batches, each for one transaction."""
    for start in range(0, len(members), BATCH_SIZE):
        yield members[start : start + BATCH_SIZE]
