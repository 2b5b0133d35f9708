"""What staff are shown before they confirm a removal."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.forms.boundfield import BoundField

from organizations.admin.forms import RemovalForm
from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import Membership, Organization, Resource
from organizations.removal.guards import find_refusals
from organizations.removal.preview import RemovalPreview, preview_members

SHOWN = 100  # members in detail, of each list on a page


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """What is about to happen in one organization."""

    organization: Organization
    leaving_count: int
    leaving: list[RemovalPreview]  # the first of them
    resource_count: int  # what all of them own
    staying_count: int
    staying: list[RemovalPreview]  # the first of them
    department: BoundField


def plan_removal(
    organization: Organization, members: Sequence[Membership], form: RemovalForm
) -> OrganizationPlan:
    """Return what the removal of these members of one organization would do."""
    refusals = find_refusals(
        organization.pk,
        {m.user_id: m.pk for m in members},
        targets={},
        authority=ALL_CAPABILITIES,
    )
    leaving = [m for m in members if m.user_id not in refusals]
    staying = [m for m in members if m.user_id in refusals]
    return OrganizationPlan(
        organization=organization,
        leaving_count=len(leaving),
        leaving=preview_members(organization.pk, leaving[:SHOWN], refusals),
        resource_count=Resource.objects.owned_by(*(m.user_id for m in leaving))
        .filter(organization=organization)
        .count(),
        staying_count=len(staying),
        staying=preview_members(organization.pk, staying[:SHOWN], refusals),
        department=form.department_field(organization),
    )
