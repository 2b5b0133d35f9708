"""Deactivates and reactivates members in the admin."""

from django.db.models import QuerySet

from config.errors import ContractError
from organizations.admin.member_actions import (
    MemberAction,
    Members,
    Outcomes,
    outcomes_of,
    user_ids_of,
)
from organizations.deactivation.service import (
    deactivate_members,
    preview_deactivation,
    reactivate_members,
)
from organizations.guards.acts import DEACTIVATE
from organizations.models import Membership, Organization


class Deactivation(MemberAction):
    """Suspends members, whose resources may pass on."""

    name, verb, done = "deactivation", "deactivate", "deactivated"
    act = DEACTIVATE
    description = "Deactivate selected members"
    link = "Deactivate"
    title_of_one = "Deactivate {person} in {organization}?"
    title, template = "Deactivate members?", "membership/deactivation"
    none_selected = "None of them is active."
    log_message = "Deactivated"

    def applicable(self, rows: QuerySet[Membership]) -> QuerySet[Membership]:
        return rows & Membership.objects.active()

    def refusals(self, organization: Organization, members: Members) -> dict[str, ContractError]:
        return preview_deactivation(organization.pk, user_ids_of(members), caller=self.caller)

    def perform(self, organization: Organization, rows: Members) -> Outcomes:
        outcomes = deactivate_members(
            organization.pk,
            user_ids_of(rows),
            transfer_to=self.form.targets_of(organization),
            caller=self.caller,
        )
        return outcomes_of(rows, outcomes)


class Reactivation(MemberAction):
    """Lets deactivated members use their roles and departments again."""

    name, verb, done = "reactivation", "reactivate", "reactivated"
    act = DEACTIVATE
    description = "Reactivate selected members"
    link = "Reactivate"
    title_of_one = "Reactivate {person} in {organization}?"
    title, template = "Reactivate members?", "membership/reactivation"
    has_targets = False
    none_selected = "None of them is deactivated."
    log_message = "Reactivated"

    def applicable(self, rows: QuerySet[Membership]) -> QuerySet[Membership]:
        return rows & Membership.objects.deactivated()

    def perform(self, organization: Organization, rows: Members) -> Outcomes:
        outcomes = reactivate_members(organization.pk, user_ids_of(rows), caller=self.caller)
        return outcomes_of(rows, outcomes)
