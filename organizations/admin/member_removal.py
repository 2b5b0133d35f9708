"""Removing members in the admin: the action, its confirmation, and what came of it."""

from collections import defaultdict
from collections.abc import Sequence

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.db.models import Count, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path

from config.admin.site import staff_of
from config.trace import trace_id_of
from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import RemovalForm
from organizations.admin.member_actions import MemberActionAdmin
from organizations.admin.removal_plan import SHOWN, plan_removal
from organizations.admin.selection import Selection, lead_back, lead_to_confirmation
from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import Department, Membership, Organization, Removal, Source
from organizations.models.membership import MembershipQuerySet
from organizations.removal.outcome import RemovalOutcome
from organizations.removal.service import remove_members
from organizations.retries import retried
from users.models import User

BATCH_SIZE = 1000

CHANGELIST = "admin:organizations_membership_changelist"
CONFIRMATION = "admin:organizations_membership_removal"
RESULT = "admin:organizations_membership_removal_result"


class MemberRemovalAdmin(MemberActionAdmin):
    """The part of the membership's admin that removes members, for whoever is permitted to."""

    @admin.action(
        description="Remove selected members from their organization", permissions=["remove"]
    )
    def remove_from_organization(
        self, request: HttpRequest, queryset: MembershipQuerySet
    ) -> HttpResponse | None:
        """Ask for confirmation of the removal of the selected members."""
        return lead_to_confirmation(
            self,
            request,
            queryset.current(),
            CONFIRMATION,
            if_none="None of them is an active member.",
            if_too_many=(
                "Select fewer, or let an operator use the command remove_members, which takes"
                " any number."
            ),
        )

    def get_urls(self) -> list[URLPattern]:
        """Return the pages of a removal besides Django's own."""
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
        """Ask for confirmation of the removal of one member, from that member's page."""
        self.require_remove_permission(request)
        return redirect(CONFIRMATION, Selection.of([membership_id], request.session).key)

    def removal(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what a removal would do; once it is confirmed, remove and lead to the result."""
        self.require_remove_permission(request)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        members = defaultdict[str, list[Membership]](list)  # by organization
        for member in (
            Membership.objects.current()
            .filter(pk__in=selection.ids)
            .select_related("user")
            .order_by("-pk")
        ):
            members[member.organization_id].append(member)
        if request.method == "POST" and not members:  # sent twice, or others were faster
            return redirect(RESULT, key)
        organizations = Organization.objects.filter(pk__in=members).order_by("name", "pk")
        form = RemovalForm(organizations, self.admin_site, request.POST or None)
        if form.is_valid():
            for organization in organizations:
                self._remove(request, selection, organization, members[organization.pk], form)
            return redirect(RESULT, key)
        plans = [plan_removal(each, members[each.pk], form) for each in organizations]
        former = Membership.objects.former().filter(pk__in=selection.ids)
        return confirmation_page(
            self,
            request,
            "membership/removal_confirmation",
            title="Remove members from their organization?",
            form=form,
            plans=plans,
            leaving_count=sum(plan.leaving_count for plan in plans),
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
        """Remove members of one organization; keep with the selection what came of it."""
        for start in range(0, len(members), BATCH_SIZE):
            batch = members[start : start + BATCH_SIZE]
            outcomes = remove_and_log(
                organization,
                batch,
                department=form.department_of(organization),
                actor=staff_of(request),
                reason=form.cleaned_data["reason"],
                trace_id=trace_id_of(request),
            )
            for member, outcome in zip(batch, outcomes, strict=True):
                if outcome.removal_id:
                    selection.done.append(member.pk)
                else:
                    selection.refusals[str(member.pk)] = str(outcome.refusal)
            selection.keep(request.session)

    def removal_result(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show who was removed, what moved where, and who was not removed and why."""
        self.require_remove_permission(request)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        removals = Removal.objects.filter(membership__in=selection.ids)
        done = removals.filter(membership__in=selection.done)
        earlier = removals.exclude(membership__in=selection.done)
        related = ("membership__user", "organization", "transferred_to", "actor")
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
            totals=done.values("organization__name", "transferred_to__name")
            .annotate(member_count=Count("pk"), moved=Sum("resource_count"))
            .order_by("organization__name", "transferred_to__name"),
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


@retried
@transaction.atomic
def remove_and_log(
    organization: Organization,
    members: Sequence[Membership],
    *,
    department: Department | None,
    actor: User,
    reason: str,
    trace_id: str,
) -> list[RemovalOutcome]:
    """Remove members, with the entries of the admin's log; return what became of each, in order."""
    outcomes = remove_members(
        organization.pk,
        [member.user_id for member in members],
        transfer_to=department.pk if department else None,
        actor=actor,
        source=Source.ADMIN,
        authority=ALL_CAPABILITIES,
        reason=reason,
        trace_id=trace_id,
    )
    removed = {outcome.user_id for outcome in outcomes if outcome.removal_id}
    LogEntry.objects.log_actions(
        actor.pk,
        Membership.objects.filter(
            pk__in=[member.pk for member in members if member.user_id in removed]
        ).select_related("user", "organization"),
        CHANGE,
        f"Removed from the organization, trace id {trace_id}.",
    )
    return outcomes
