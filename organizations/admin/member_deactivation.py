"""Deactivates and reactivates members in the admin."""

from django.db.models import QuerySet

from config.errors import ContractError
from organizations.admin.forms import TargetsForm
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
from organizations.guards.caller import Staff
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

    def refusals(
        self, organization: Organization, members: Members, caller: Staff
    ) -> dict[str, ContractError]:
        return preview_deactivation(organization.pk, user_ids_of(members), caller=caller)

    def perform(
        self, organization: Organization, rows: Members, form: TargetsForm, caller: Staff
    ) -> Outcomes:
        outcomes = deactivate_members(
            organization.pk,
            user_ids_of(rows),
            transfer_to=form.targets_of(organization),
            caller=caller,
        )
        return outcomes_of(rows, outcomes)


class Reactivation(MemberAction):
    """Gives effect again to what deactivated members hold."""

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

    def perform(
        self, organization: Organization, rows: Members, form: TargetsForm, caller: Staff
    ) -> Outcomes:
        outcomes = reactivate_members(organization.pk, user_ids_of(rows), caller=caller)
        return outcomes_of(rows, outcomes)
