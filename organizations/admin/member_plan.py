"""The plan of an action on members, which staff see before they confirm it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.forms.boundfield import BoundField

from config.errors import ContractError
from organizations.admin.action import SHOWN
from organizations.capabilities import Capability
from organizations.models import Connection, Membership, OffboardingStep, Organization, Resource
from organizations.models.resource import ResourceQuerySet
from organizations.removal.preview import RemovalPreview, preview_members
from users.models import User


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """Who is affected by an action in one organization, and for whom it is refused."""

    organization: Organization
    affected_count: int
    affected: list[RemovalPreview]  # the first SHOWN of them
    resources: dict[str, int]  # of all who are affected: how many of each type
    tasks: list[tuple[OffboardingStep, int]]  # how many of each step their removals open
    refused_count: int
    refused: list[RemovalPreview]  # the first SHOWN of them
    targets: list[BoundField]  # the fields for who takes over, if the action has them
    targets_by_type: list[BoundField]  # those of types

    @property
    def resource_count(self) -> int:
        """Return how many resources those who are affected own."""
        return sum(self.resources.values())

    @property
    def task_count(self) -> int:
        """Return how many tasks the removals of those who are affected open."""
        return sum(number for _, number in self.tasks)

    @property
    def has_targets_by_type(self) -> bool:
        """Return whether anything is chosen, or wrong, in the fields of types."""
        return any(field.value() or field.errors for field in self.targets_by_type)

    @property
    def managed_by(self) -> Connection | None:
        """Return the directory that manages any of the shown members, or None."""
        return next((p.managed_by for p in self.affected if p.managed_by), None)


def plan_action(
    organization: Organization,
    members: Sequence[Membership],
    refusals: Mapping[str, ContractError],
    *,
    reader: User,
    sight: frozenset[Capability],
    targets: Sequence[BoundField] = (),
    targets_by_type: Sequence[BoundField] = (),
) -> OrganizationPlan:
    """Return the plan for these members of one organization.

    ``refusals`` are the reasons, by user id, why some are refused. ``reader`` is who sees the
    plan, with pending removals as far as ``sight`` reaches.
    """

    def previews(shown: Sequence[Membership]) -> list[RemovalPreview]:
        if not shown:
            return []
        found = preview_members(organization.pk, shown[:SHOWN], refusals, authority=sight)
        return [preview.shown_to(reader.pk) for preview in found]

    affected = [m for m in members if m.user_id not in refusals]
    refused = [m for m in members if m.user_id in refusals]
    owned = Resource.objects.owned_by(*(m.user_id for m in affected)).filter(
        organization=organization
    )
    return OrganizationPlan(
        organization=organization,
        affected_count=len(affected),
        affected=previews(affected),
        resources=owned.total_by_type(),
        tasks=_tasks_to_open(organization, len(affected), owned),
        refused_count=len(refused),
        refused=previews(refused),
        targets=list(targets),
        targets_by_type=list(targets_by_type),
    )


def _tasks_to_open(
    organization: Organization, member_count: int, owned: ResourceQuerySet
) -> list[tuple[OffboardingStep, int]]:
    """Return how many tasks of each step the removal of members opens who own these resources."""
    steps = list(OffboardingStep.objects.filter(organization=organization).enabled().in_order())
    owners = owned.owners_by_type() if any(step.applies_to_type for step in steps) else {}
    opened = (
        (step, owners.get(step.applies_to_type, 0) if step.applies_to_type else member_count)
        for step in steps
    )
    return [(step, number) for step, number in opened if number]
