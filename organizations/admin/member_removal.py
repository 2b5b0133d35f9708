"""Removes members in the admin: the action, its confirmation page and its result page."""

from collections.abc import Mapping, Sequence

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from config.errors import ContractError
from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import RemovalForm
from organizations.admin.member_actions import (
    CHANGELIST,
    MemberActionAdmin,
    by_organization,
    in_batches,
)
from organizations.admin.member_plan import SHOWN, plan_action
from organizations.admin.scheduling import schedule_and_log
from organizations.admin.selection import Selection, lead_back, lead_to_confirmation
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Staff
from organizations.guards.judge import Rules, judge
from organizations.models import Membership, Organization, Removal
from organizations.models.membership import MembershipQuerySet
from organizations.removal.service import RemovalOutcome, remove_members
from organizations.retries import retried
from users.login import staff_of

CONFIRMATION = "admin:organizations_membership_removal"
RESULT = "admin:organizations_membership_removal_result"

TARGET_NAMES = ("transferred_to__name", "transferred_to_user__email")


class MemberRemovalAdmin(MemberActionAdmin):
    """The part of the membership's admin that removes members, now or on a date."""

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Return whether the user is offered the action."""
        return self.may(request, REMOVE)

    @admin.action(
        description="Remove selected members from their organization", permissions=["remove"]
    )
    def remove_from_organization(
        self, request: HttpRequest, queryset: MembershipQuerySet
    ) -> HttpResponse | None:
        """Ask for confirmation before the selected members are removed."""
        return lead_to_confirmation(
            self,
            request,
            queryset.current(),
            CONFIRMATION,
            if_none="None of them is a member.",
            if_too_many=(
                "Select fewer, or let an operator use the command remove_members, which takes"
                " any number."
            ),
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of a removal and the inherited pages."""
        view = self.admin_site.admin_view
        return [
            path(
                "<int:membership_id>/removal/",
                view(self.removal_of_one),
                name="organizations_membership_removal_of_one",
            ),
            path("removal/<str:key>/", view(self.removal), name="organizations_membership_removal"),
            path(
                "removal/<str:key>/result/",
                view(self.removal_result),
                name="organizations_membership_removal_result",
            ),
            *super().get_urls(),
        ]

    def removal_of_one(self, request: HttpRequest, membership_id: int) -> HttpResponse:
        """Ask for confirmation before one member is removed; linked from the member's page."""
        self.require_permission(request, REMOVE)
        return redirect(CONFIRMATION, Selection.of([membership_id], request.session).key)

    def removal(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what a removal would do; once confirmed, remove or schedule and redirect."""
        self.require_permission(request, REMOVE)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        members = by_organization(Membership.objects.current().filter(pk__in=selection.ids))
        if request.method == "POST" and not members:  # sent twice, or removed meanwhile
            return redirect(RESULT, key)
        form = RemovalForm(members, self.admin_site, request.POST or None, leaving=selection.ids)
        if form.is_valid() and form.cleaned_data["remove_at"]:
            return self._schedule(request, members, form)
        if form.is_valid():
            for organization in members:
                self._remove(request, selection, organization, members[organization], form)
            return redirect(RESULT, key)
        plans = [
            plan_action(
                organization,
                its_members,
                _refusals(organization, its_members, Staff.at(request)),
                reader=staff_of(request),
                targets=form.target_fields(organization),
            )
            for organization, its_members in members.items()
        ]
        former = Membership.objects.former().filter(pk__in=selection.ids)
        return confirmation_page(
            self,
            request,
            "membership/removal_confirmation",
            title="Remove members from their organization?",
            form=form,
            verb="remove",
            held_note=" that go",
            plans=plans,
            affected_count=sum(plan.affected_count for plan in plans),
            former=former.select_related("user", "organization", "removal")[:SHOWN],
            former_count=former.count(),
        )

    def _remove(
        self,
        request: HttpRequest,
        selection: Selection,
        organization: Organization,
        members: Sequence[Membership],
        form: RemovalForm,
    ) -> None:
        """Remove members of one organization, and save the outcomes with the selection."""
        target = form.target_of(organization)
        for batch in in_batches(members):
            outcomes = remove_and_log(
                organization,
                batch,
                transfer_to=target.pk if target else None,
                caller=Staff.at(request, reason=form.cleaned_data["reason"]),
            )
            for member, outcome in zip(batch, outcomes, strict=True):
                if outcome.removal_id:
                    selection.done.append(member.pk)
                else:
                    selection.refusals[str(member.pk)] = str(outcome.refusal)
            selection.save(request.session)

    def _schedule(
        self,
        request: HttpRequest,
        members: Mapping[Organization, Sequence[Membership]],
        form: RemovalForm,
    ) -> HttpResponse:
        """Schedule the removals; redirect to the list with messages on the outcomes."""
        refusals: list[str] = []
        scheduled = 0
        for organization, its_members in members.items():
            target = form.target_of(organization)
            refused = _refusals(
                organization, its_members, Staff.at(request)
            )  # those whom the page shows as refused
            going = [member for member in its_members if member.user_id not in refused]
            for batch in in_batches(going):
                outcomes = schedule_and_log(
                    organization,
                    batch,
                    remove_at=form.cleaned_data["remove_at"],
                    transfer_to=target.pk if target else None,
                    caller=Staff.at(request, reason=form.cleaned_data["reason"]),
                )
                for member, outcome in zip(batch, outcomes, strict=True):
                    scheduled += outcome.schedule is not None
                    if outcome.refusal:
                        refusals.append(f"{member.user}: {outcome.refusal}")
        if scheduled:
            pending = reverse("admin:organizations_scheduledremoval_changelist") + "?state=pending"
            text = 'Scheduled: {}. <a href="{}">See the scheduled removals</a>'
            self.message_user(request, format_html(text, f"{scheduled:,}", pending))
        for refusal in refusals[:SHOWN]:
            self.message_user(request, f"Not scheduled: {refusal}", messages.WARNING)
        return redirect(CHANGELIST)

    def removal_result(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show who was removed, where their resources went, and who was not removed and why."""
        self.require_permission(request, REMOVE)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        removals = Removal.objects.filter(membership__in=selection.ids)
        done = removals.filter(membership__in=selection.done)
        earlier = removals.exclude(membership__in=selection.done)
        related = (
            "membership__user",
            "organization",
            "transferred_to",
            "transferred_to_user",
            "actor",
        )
        staying = (
            Membership.objects.current()
            .filter(pk__in=selection.ids)
            .select_related("user", "organization")
        )
        return confirmation_page(
            self,
            request,
            "membership/removal_result",
            title="What came of the removal",
            totals=done.values("organization__name", *TARGET_NAMES)
            .annotate(member_count=Count("pk"), moved=Sum("resource_count"))
            .order_by("organization__name", *TARGET_NAMES),
            removed=done.select_related(*related).order_by("pk")[:SHOWN],
            removed_count=done.count(),
            earlier=earlier.select_related(*related).order_by("pk")[:SHOWN],
            earlier_count=earlier.count(),
            staying=[
                (member, selection.refusals.get(str(member.pk), "Not tried."))
                for member in staying[:SHOWN]
            ],
            staying_count=staying.count(),
        )


def _refusals(
    organization: Organization, members: Sequence[Membership], caller: Staff
) -> dict[str, ContractError]:
    """Return, by user id, why some of these members cannot be removed now."""
    return judge(
        organization.pk,
        [member.user_id for member in members],
        caller=caller,
        act=REMOVE,
        rules=Rules.AUTHORITY | Rules.OWNER_REMAINS,
    )


@retried
@transaction.atomic
def remove_and_log(
    organization: Organization,
    members: Sequence[Membership],
    *,
    transfer_to: str | None,
    caller: Staff,
) -> list[RemovalOutcome]:
    """Remove members and write the admin's log; return the outcomes in order."""
    outcomes = remove_members(
        organization.pk,
        [member.user_id for member in members],
        transfer_to=transfer_to,
        caller=caller,
    )
    removed = {outcome.user_id for outcome in outcomes if outcome.removal_id}
    LogEntry.objects.log_actions(
        caller.actor.pk,
        Membership.objects.filter(
            pk__in=[member.pk for member in members if member.user_id in removed]
        ).select_related("user", "organization"),
        CHANGE,
        f"Removed from the organization, trace id {caller.trace_id}.",
    )
    return outcomes
