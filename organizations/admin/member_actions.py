"""What the actions on members share: the plan on the confirmation page, and the outcomes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from django.forms.boundfield import BoundField

from config.errors import ContractError
from organizations.admin.action import SHOWN, ConfirmedAction, Outcome
from organizations.admin.scheduled_removals import sight_of_pending
from organizations.models import Connection, Membership, OffboardingStep, Organization, Resource
from organizations.models.resource import ResourceQuerySet
from organizations.removal.preview import RemovalPreview, preview_members
from users.login import staff_of

Members = Sequence[Membership]
Outcomes = list[Outcome[Membership]]


class ServiceOutcome(Protocol):
    """What a service returns for each user."""

    @property
    def user_id(self) -> str:
        """Return the user's id."""

    @property
    def refusal(self) -> ContractError | None:
        """Return why nothing was done, or None."""


AnyOutcome = TypeVar("AnyOutcome", bound=ServiceOutcome)


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
        return sum(self.resources.values())

    @property
    def task_count(self) -> int:
        return sum(number for _, number in self.tasks)

    @property
    def has_targets_by_type(self) -> bool:
        """Return whether anything is chosen, or wrong, in the fields of types."""
        return any(field.value() or field.errors for field in self.targets_by_type)

    @property
    def managed_by(self) -> Connection | None:
        """Return the directory that manages any of the shown members, or None."""
        return next((p.managed_by for p in self.affected if p.managed_by), None)


class MemberAction(ConfirmedAction[Membership]):
    """An action on members, whose confirmation page shows what each of them has."""

    related: tuple[str, ...] = ("user", "organization")
    verb: str  # "d" makes it past

    def refusals(self, organization: Organization, members: Members) -> dict[str, ContractError]:
        """Return, by user id, why the service would refuse some of these members now."""
        return {}

    def types(self) -> dict[Organization, list[str]]:
        return types_of(self.rows)

    def context(self) -> dict[str, Any]:
        plans = [self._plan(organization, members) for organization, members in self.rows.items()]
        affected_count = sum(plan.affected_count for plan in plans)
        return {"verb": self.verb, "plans": plans, "affected_count": affected_count}

    def _plan(self, organization: Organization, members: Members) -> OrganizationPlan:
        """Return the plan for members of one organization, limited to what the reader may see."""
        refusals = self.refusals(organization, members)
        reader, sight = staff_of(self.request), sight_of_pending(self.request)

        def previews(shown: Members) -> list[RemovalPreview]:
            if not shown:
                return []
            found = preview_members(organization.pk, shown[:SHOWN], refusals, authority=sight)
            return [preview.shown_to(reader.pk) for preview in found]

        affected = [m for m in members if m.user_id not in refusals]
        refused = [m for m in members if m.user_id in refusals]
        owned = Resource.objects.owned_by(*user_ids_of(affected)).filter(organization=organization)
        return OrganizationPlan(
            organization=organization,
            affected_count=len(affected),
            affected=previews(affected),
            resources=owned.total_by_type(),
            tasks=_tasks_to_open(organization, len(affected), owned),
            refused_count=len(refused),
            refused=previews(refused),
            targets=self.form.target_fields(organization),
            targets_by_type=self.form.type_fields(organization),
        )

    def summary(self, done: Sequence[Outcome[Membership]]) -> Iterable[str]:
        yield f"{len(done):,} member{'s' if len(done) > 1 else ''} {self.done}."


def _tasks_to_open(
    organization: Organization, member_count: int, owned: ResourceQuerySet
) -> list[tuple[OffboardingStep, int]]:
    """Return the number of tasks of each step that the removal of these owners opens."""
    steps = list(OffboardingStep.objects.filter(organization=organization).enabled().in_order())
    owners = owned.owners_by_type() if any(step.applies_to_type for step in steps) else {}
    opened = (
        (step, owners.get(step.applies_to_type, 0) if step.applies_to_type else member_count)
        for step in steps
    )
    return [(step, number) for step, number in opened if number]


def types_of(rows: Mapping[Organization, Members]) -> dict[Organization, list[str]]:
    """Return the types of what these members own, by organization."""
    return {
        organization: list(
            Resource.objects.filter(organization=organization)
            .owned_by(*user_ids_of(members))
            .total_by_type()
        )
        for organization, members in rows.items()
    }


def resource_counts(organization: Organization, members: Members) -> Counter[str]:
    """Return how many resources each of these members owns there, by user id."""
    counts = Resource.objects.filter(organization=organization).count_by_type(user_ids_of(members))
    return Counter({user_id: sum(by_type.values()) for user_id, by_type in counts.items()})


def user_ids_of(members: Members) -> list[str]:
    """Return the ids of the members' users, in order."""
    return [member.user_id for member in members]


def paired(members: Members, outcomes: Iterable[AnyOutcome]) -> list[tuple[Membership, AnyOutcome]]:
    """Return each member with the outcome that the service returned for the user."""
    by_user = {outcome.user_id: outcome for outcome in outcomes}
    return [(member, by_user[member.user_id]) for member in members]


def outcomes_of(members: Members, outcomes: Iterable[AnyOutcome]) -> Outcomes:
    """Return the outcome of each member from those that the service returned."""
    return [Outcome(member, outcome.refusal) for member, outcome in paired(members, outcomes)]
