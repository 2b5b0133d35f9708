"""What the actions on members share: the plan on the confirmation page, and the outcomes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from django.http import HttpRequest

from config.errors import ContractError
from organizations.admin.action import ConfirmedAction, Grouped, Outcome
from organizations.admin.forms import TargetsForm
from organizations.admin.member_plan import plan_action
from organizations.admin.scheduled_removals import sight_of_pending
from organizations.admin.selection import Selection
from organizations.guards.caller import Staff
from organizations.models import Membership, Organization, Resource
from users.login import staff_of

Members = Sequence[Membership]
Outcomes = list[Outcome[Membership]]


class ServiceOutcome(Protocol):
    """What a service returns for each user."""

    @property
    def user_id(self) -> str:
        """Return whom it is about."""

    @property
    def refusal(self) -> ContractError | None:
        """Return why nothing was done, or None."""


AnyOutcome = TypeVar("AnyOutcome", bound=ServiceOutcome)


class MemberAction(ConfirmedAction[Membership]):
    """An action on members, whose confirmation page shows what each of them has."""

    related: tuple[str, ...] = ("user", "organization")
    verb: str  # "d" makes it past

    def refusals(
        self, organization: Organization, members: Members, caller: Staff
    ) -> dict[str, ContractError]:
        """Return, by user id, why the service would refuse some of these members now."""
        return {}

    def types(self, rows: Grouped[Membership]) -> dict[Organization, list[str]]:
        return types_of(rows)

    def context(
        self,
        request: HttpRequest,
        selection: Selection,
        rows: Grouped[Membership],
        form: TargetsForm,
    ) -> dict[str, Any]:
        plans = [
            plan_action(
                organization,
                members,
                self.refusals(organization, members, Staff.at(request)),
                reader=staff_of(request),
                sight=sight_of_pending(request),
                targets=form.target_fields(organization),
                targets_by_type=form.type_fields(organization),
            )
            for organization, members in rows.items()
        ]
        affected_count = sum(plan.affected_count for plan in plans)
        return {"verb": self.verb, "plans": plans, "affected_count": affected_count}

    def summary(self, done: Sequence[Outcome[Membership]], form: TargetsForm) -> Iterable[str]:
        yield f"{len(done):,} member{'s' if len(done) > 1 else ''} {self.done}."


def types_of(rows: Grouped[Membership]) -> dict[Organization, list[str]]:
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
