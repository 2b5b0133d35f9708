"""Passes on, in the admin, what inactive members own and what staff select."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from organizations.admin.action import ConfirmedAction, Grouped, Outcome, Row
from organizations.admin.forms import TargetsForm, TransferForm
from organizations.admin.member_actions import (
    Members,
    Outcomes,
    paired,
    resource_counts,
    types_of,
    user_ids_of,
)
from organizations.admin.selection import LARGEST, Selection
from organizations.guards.acts import CHANGE_RESOURCES, TRANSFER
from organizations.guards.caller import Staff
from organizations.models import Membership, Organization, Resource
from organizations.transfer.service import transfer_resources, transfer_selected


class TransferAction(ConfirmedAction[Row]):
    """Passes resources to a target in each organization, or to one for each of their types."""

    done = "passed on"
    form_class = TransferForm
    template = "transfer"

    def log_text(self, organization: Organization, form: TargetsForm) -> str:
        targets = form.targets_of(organization)
        parts = [
            f"{goal.type} to {goal.target}" if goal.type else f"to {goal.target}"
            for goal in targets.goals
            if goal.target
        ]
        return f"Passed {', '.join(parts)}"

    def summary(self, done: Sequence[Outcome[Row]], form: TargetsForm) -> Iterable[str]:
        for organization in form.organizations:
            number = sum(
                outcome.resource_count
                for outcome in done
                if outcome.row.organization_id == organization.pk
            )
            target = "" if form.targets_of(organization).by_type else form.target_of(organization)
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

    def types(self, rows: Grouped[Membership]) -> dict[Organization, list[str]]:
        return types_of(rows)

    def context(
        self,
        request: HttpRequest,
        selection: Selection,
        rows: Grouped[Membership],
        form: TargetsForm,
    ) -> dict[str, Any]:
        transfers = []
        for organization, members in rows.items():
            owned = resource_counts(organization, members)
            owners = [(member, owned[member.user_id]) for member in members]
            fields = form.target_fields(organization), form.type_fields(organization)
            transfers.append((organization, owners, owned.total(), *fields))
        return {"transfers": transfers}

    def perform(
        self, organization: Organization, rows: Members, form: TargetsForm, caller: Staff
    ) -> Outcomes:
        outcomes = transfer_resources(
            organization.pk,
            user_ids_of(rows),
            transfer_to=form.targets_of(organization),
            caller=caller,
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
    batch_size = LARGEST  # each owner has one event

    def applicable(self, rows: QuerySet[Resource]) -> QuerySet[Resource]:
        return rows

    def leaving(self, selection: Selection) -> Iterable[int | str]:
        return ()

    def context(
        self,
        request: HttpRequest,
        selection: Selection,
        rows: Grouped[Resource],
        form: TargetsForm,
    ) -> dict[str, Any]:
        return {
            "transfers": [
                (organization, [], len(resources), form.target_fields(organization), [])
                for organization, resources in rows.items()
            ]
        }

    def perform(
        self, organization: Organization, rows: Sequence[Resource], form: TargetsForm, caller: Staff
    ) -> list[Outcome[Resource]]:
        moved = transfer_selected(
            organization.pk,
            [resource.pk for resource in rows],
            transfer_to=form.targets_of(organization).default or "",
            caller=caller,
        )
        return [Outcome(each, resource_count=1) for each in self.selected(moved)]
