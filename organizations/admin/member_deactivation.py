"""Deactivates and reactivates members in the admin: the actions and their confirmation pages."""

from collections.abc import Sequence

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import ReasonForm, TargetsForm
from organizations.admin.member_actions import (
    CHANGELIST,
    MEMBER,
    MemberActionAdmin,
    by_organization,
    in_batches,
)
from organizations.admin.member_plan import OrganizationPlan, plan_action
from organizations.admin.selection import Selection, lead_back, lead_to_confirmation
from organizations.deactivation.service import (
    DeactivationOutcome,
    deactivate_members,
    preview_deactivation,
    reactivate_members,
)
from organizations.guards.acts import DEACTIVATE
from organizations.guards.caller import Staff
from organizations.models import Membership, Organization
from organizations.models.membership import MembershipQuerySet
from organizations.retries import retried
from users.login import staff_of

DEACTIVATION = "admin:organizations_membership_deactivation"
REACTIVATION = "admin:organizations_membership_reactivation"

NAMED = 10  # refused members that the messages name


class MemberDeactivationAdmin(MemberActionAdmin):
    """The part of the membership's admin that deactivates and reactivates members."""

    def has_deactivate_permission(self, request: HttpRequest) -> bool:
        """Return whether the user is offered the actions."""
        return self.may(request, DEACTIVATE)

    @admin.action(description="Deactivate selected members", permissions=["deactivate"])
    def deactivate(self, request: HttpRequest, queryset: MembershipQuerySet) -> HttpResponse | None:
        """Ask for confirmation before the selected members are deactivated."""
        return lead_to_confirmation(
            self, request, queryset.active(), DEACTIVATION, if_none="None of them is active."
        )

    @admin.action(description="Reactivate selected members", permissions=["deactivate"])
    def reactivate(self, request: HttpRequest, queryset: MembershipQuerySet) -> HttpResponse | None:
        """Ask for confirmation before the selected members are reactivated."""
        return lead_to_confirmation(
            self,
            request,
            queryset.deactivated(),
            REACTIVATION,
            if_none="None of them is deactivated.",
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of deactivation and reactivation, and the inherited pages."""
        view = self.admin_site.admin_view
        return [
            path(
                "<int:membership_id>/deactivation/",
                view(self.deactivation_of_one),
                name="organizations_membership_deactivation_of_one",
            ),
            path(
                "<int:membership_id>/reactivation/",
                view(self.reactivation_of_one),
                name="organizations_membership_reactivation_of_one",
            ),
            path(
                "deactivation/<str:key>/",
                view(self.deactivation),
                name="organizations_membership_deactivation",
            ),
            path(
                "reactivation/<str:key>/",
                view(self.reactivation),
                name="organizations_membership_reactivation",
            ),
            *super().get_urls(),
        ]

    def deactivation_of_one(self, request: HttpRequest, membership_id: int) -> HttpResponse:
        """Ask for confirmation before one member is deactivated; linked from the member's page."""
        self.require_permission(request, DEACTIVATE)
        return redirect(DEACTIVATION, Selection.of([membership_id], request.session).key)

    def reactivation_of_one(self, request: HttpRequest, membership_id: int) -> HttpResponse:
        """Ask for confirmation before one member is reactivated; linked from the member's page."""
        self.require_permission(request, DEACTIVATE)
        return redirect(REACTIVATION, Selection.of([membership_id], request.session).key)

    def deactivation(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what a deactivation would do; once confirmed, deactivate."""
        self.require_permission(request, DEACTIVATE)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        members = by_organization(Membership.objects.active().filter(pk__in=selection.ids))
        form = TargetsForm(members, self.admin_site, request.POST or None, leaving=selection.ids)
        if not members or form.is_valid():
            for organization, its_members in members.items():
                target = form.target_of(organization)
                for batch in in_batches(its_members):
                    outcomes = deactivate_and_log(
                        organization,
                        batch,
                        transfer_to=target.pk if target else None,
                        caller=Staff.at(request, reason=form.cleaned_data["reason"]),
                    )
                    _note_outcomes(selection, batch, outcomes)
            return self._report(request, selection, "deactivated")
        plans = [
            plan_action(
                organization,
                its_members,
                preview_deactivation(
                    organization.pk,
                    [member.user_id for member in its_members],
                    caller=Staff.at(request),
                ),
                reader=staff_of(request),
                targets=form.target_fields(organization),
            )
            for organization, its_members in members.items()
        ]
        return self._ask(request, "deactivate", form, plans)

    def reactivation(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show who would be reactivated; once confirmed, reactivate."""
        self.require_permission(request, DEACTIVATE)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        members = by_organization(Membership.objects.deactivated().filter(pk__in=selection.ids))
        form = ReasonForm(request.POST or None)
        if not members or form.is_valid():
            for organization, its_members in members.items():
                for batch in in_batches(its_members):
                    outcomes = reactivate_and_log(
                        organization,
                        batch,
                        caller=Staff.at(request, reason=form.cleaned_data["reason"]),
                    )
                    _note_outcomes(selection, batch, outcomes)
            return self._report(request, selection, "reactivated")
        plans = [
            plan_action(each, its_members, {}, reader=staff_of(request))
            for each, its_members in members.items()
        ]
        return self._ask(request, "reactivate", form, plans)

    def _ask(
        self, request: HttpRequest, verb: str, form: ReasonForm, plans: list[OrganizationPlan]
    ) -> HttpResponse:
        """Return the page that asks for confirmation."""
        return confirmation_page(
            self,
            request,
            f"membership/{verb}_confirmation",
            title=f"{verb.capitalize()} members?",
            form=form,
            verb=verb,
            plans=plans,
            affected_count=sum(plan.affected_count for plan in plans),
        )

    def _report(self, request: HttpRequest, selection: Selection, done: str) -> HttpResponse:
        """Redirect to the member's page or the list, with messages on who was done or refused."""
        number = len(selection.done)
        refused = Membership.objects.filter(pk__in=selection.refusals).select_related("user")
        if number:
            self.message_user(request, f"{number:,} member{'s' if number > 1 else ''} {done}.")
        elif not refused:  # sent twice, or others were faster
            self.message_user(
                request, f"Nobody was {done}: the state changed meanwhile.", messages.WARNING
            )
        for member in refused[:NAMED]:
            why = selection.refusals[str(member.pk)]
            self.message_user(request, f"{member.user} was not {done}. {why}", messages.ERROR)
        if (more := len(selection.refusals) - NAMED) > 0:
            self.message_user(request, f"{more:,} more were not {done}.", messages.ERROR)
        return redirect(MEMBER, *selection.ids) if len(selection.ids) == 1 else redirect(CHANGELIST)


def _note_outcomes(
    selection: Selection, batch: Sequence[Membership], outcomes: Sequence[DeactivationOutcome]
) -> None:
    """Add the outcome of each member to the selection."""
    for member, outcome in zip(batch, outcomes, strict=True):
        if outcome.refusal:
            selection.refusals[str(member.pk)] = str(outcome.refusal)
        else:
            selection.done.append(member.pk)


@retried
@transaction.atomic
def deactivate_and_log(
    organization: Organization,
    members: Sequence[Membership],
    *,
    transfer_to: str | None,
    caller: Staff,
) -> list[DeactivationOutcome]:
    """Deactivate members and write the admin's log; return the outcomes in order."""
    outcomes = deactivate_members(
        organization.pk,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        caller=caller,
    )
    _log(members, outcomes, caller, f"Deactivated, trace id {caller.trace_id}.")
    return outcomes


@retried
@transaction.atomic
def reactivate_and_log(
    organization: Organization,
    members: Sequence[Membership],
    *,
    caller: Staff,
) -> list[DeactivationOutcome]:
    """Reactivate members and write the admin's log; return the outcomes in order."""
    outcomes = reactivate_members(
        organization.pk,
        [member.user_id for member in members],
        caller=caller,
    )
    _log(members, outcomes, caller, f"Reactivated, trace id {caller.trace_id}.")
    return outcomes


def _log(
    members: Sequence[Membership],
    outcomes: Sequence[DeactivationOutcome],
    caller: Staff,
    message: str,
) -> None:
    """Write an entry of the admin's log for each member who was not refused."""
    done = [
        member for member, outcome in zip(members, outcomes, strict=True) if not outcome.refusal
    ]
    LogEntry.objects.log_actions(caller.actor.pk, done, CHANGE, message)
