"""What staff are shown before they confirm an action on members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.forms.boundfield import BoundField

from config.errors import ContractError
from organizations.models import Membership, Organization, Resource
from organizations.removal.preview import RemovalPreview, preview_members
from users.models import User

SHOWN = 100  # members in detail, of each list on a page


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """Who is affected by an action in one organization, and who is refused."""

    organization: Organization
    affected_count: int
    affected: list[RemovalPreview]  # the first of them, with what they hold
    resource_count: int  # what all of them own
    refused_count: int
    refused: list[RemovalPreview]  # the first of them
    targets: list[BoundField]  # who takes over, where that is asked


def plan_action(
    organization: Organization,
    members: Sequence[Membership],
    refusals: Mapping[str, ContractError],
    *,
    reader: User,
    targets: Sequence[BoundField] = (),
) -> OrganizationPlan:
    """Return what would happen to these members of one organization.

    ``refusals`` say to whom nothing would, by user id. ``reader`` is who is shown it.
    """

    def previews(shown: Sequence[Membership]) -> list[RemovalPreview]:
        found = preview_members(organization.pk, shown[:SHOWN], refusals)
        return [preview.shown_to(reader.pk) for preview in found]

    affected = [m for m in members if m.user_id not in refusals]
    refused = [m for m in members if m.user_id in refusals]
    return OrganizationPlan(
        organization=organization,
        affected_count=len(affected),
        affected=previews(affected),
        resource_count=Resource.objects.owned_by(*(m.user_id for m in affected))
        .filter(organization=organization)
        .count(),
        refused_count=len(refused),
        refused=previews(refused),
        targets=list(targets),
    )
