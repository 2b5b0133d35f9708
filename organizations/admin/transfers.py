"""Passes on, in the admin, what inactive members own and what staff select."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from organizations.admin.action import ConfirmedAction, Outcome, Row
from organizations.admin.forms import TransferForm
from organizations.admin.member_actions import (
    Members,
    Outcomes,
    paired,
    resource_counts,
    types_of,
    user_ids_of,
)
from organizations.admin.selection import LARGEST
from organizations.guards.acts import CHANGE_RESOURCES, TRANSFER
from organizations.models import Membership, Organization, Resource
from organizations.transfer.service import transfer_resources, transfer_selected


class TransferAction(ConfirmedAction[Row]):
    """Passes resources to a target in each organization, or to one for each of their types."""

    done = "passed on"
    form_class = TransferForm
    template = "transfer"

    def log_text(self, organization: Organization) -> str:
        parts = [
            f"{goal.type} to {goal.target}" if goal.type else f"to {goal.target}"
            for goal in self.form.targets_of(organization).goals
            if goal.target
        ]
        return f"Passed {', '.join(parts)}"

    def summary(self, done: Sequence[Outcome[Row]]) -> Iterable[str]:
        for organization in self.rows:
            here = [each for each in done if each.row.organization_id == organization.pk]
            if not here:
                continue
            number = sum(outcome.resource_count for outcome in here)
            is_by_type = self.form.targets_of(organization).by_type
            target = "" if is_by_type else self.form.target_of(organization)
            yield f"{number:,} passed {f'to {target} of' if target else 'on in'} {organization}."


class LeftoverTransfer(TransferAction[Membership]):
    """Passes on what deactivated and former members still own."""

    name = "leftovers"
    act = TRANSFER
    link = "Pass on what is left"
    title_of_one = "Pass on what {person} left in {organization}?"
    title = "Pass on what is left?"
    none_selected = "Nothing of theirs is left to pass on."
    related = ("user", "organization")

    def applicable(self, rows: QuerySet[Membership]) -> QuerySet[Membership]:
        """Return deactivated and former members who own something, unless they came back."""
        here = {"organization": OuterRef("organization")}
        owned = Resource.objects.filter(**here, owner=OuterRef("user"))
        tenure = Membership.objects.current().filter(**here, user=OuterRef("user"))
        return rows.filter(
            Exists(owned), ~Exists(tenure.exclude(pk=OuterRef("pk"))), is_active=False
        )

    def types(self) -> dict[Organization, list[str]]:
        return types_of(self.rows)

    def context(self) -> dict[str, Any]:
        transfers = []
        for organization, members in self.rows.items():
            owned = resource_counts(organization, members)
            owners = [(member, owned[member.user_id]) for member in members]
            fields = self.form.target_fields(organization), self.form.type_fields(organization)
            transfers.append((organization, owners, owned.total(), *fields))
        return {"transfers": transfers}

    def perform(self, organization: Organization, rows: Members) -> Outcomes:
        outcomes = transfer_resources(
            organization.pk,
            user_ids_of(rows),
            transfer_to=self.form.targets_of(organization),
            caller=self.caller,
        )
        return [
            Outcome(member, outcome.refusal, outcome.resource_count)
            for member, outcome in paired(rows, outcomes)
        ]


class SelectedTransfer(TransferAction[Resource]):
    """Passes on the resources that staff selected."""

    name = "transfer"
    act = CHANGE_RESOURCES
    description = "Pass selected resources to a department or a person"
    title = "Pass resources on?"
    none_selected = "None of them is there any more."
    overtaken = "the target has them already, or they are deleted"
    batch_size = LARGEST  # one batch, so that each owner gets one event

    def applicable(self, rows: QuerySet[Resource]) -> QuerySet[Resource]:
        return rows

    def leaving(self) -> Iterable[int | str]:
        return ()

    def context(self) -> dict[str, Any]:
        return {
            "transfers": [
                (organization, [], len(resources), self.form.target_fields(organization), [])
                for organization, resources in self.rows.items()
            ]
        }

    def perform(
        self, organization: Organization, rows: Sequence[Resource]
    ) -> list[Outcome[Resource]]:
        moved = transfer_selected(
            organization.pk,
            [resource.pk for resource in rows],
            transfer_to=self.form.targets_of(organization).default or "",
            caller=self.caller,
        )
        return [Outcome(each, resource_count=1) for each in self.selected(moved)]
