"""Removing members in the admin: the action, its confirmation, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Sum
from django.forms.boundfield import BoundField
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from config.admin.large_tables import LargeTableAdmin
from config.admin.site import staff_of
from config.trace import trace_id_of
from organizations.admin.forms import RemovalForm
from organizations.admin.selection import Selection, lead_back, too_much
from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import Membership, Organization, Removal, Resource, Source
from organizations.models.membership import MembershipQuerySet
from organizations.removal.guards import find_refusals
from organizations.removal.preview import RemovalPreview, preview_members
from organizations.removal.service import remove_members

BATCH_SIZE = 1000
SHOWN = 100  # members in detail, of each list on a page

CHANGELIST = "admin:organizations_membership_changelist"
CONFIRMATION = "admin:organizations_membership_removal"
RESULT = "admin:organizations_membership_removal_result"


@dataclass(frozen=True, slots=True)
class OrganizationPlan:
    """What is about to happen in one organization."""

    organization: Organization
    leaving_count: int
    leaving: list[RemovalPreview]  # the first of them
    resource_count: int  # what all of them own
    staying_count: int
    staying: list[RemovalPreview]  # the first of them
    department: BoundField


class MemberRemovalAdmin(LargeTableAdmin[Membership]):
    """The part of the membership's admin that removes members, for whoever is permitted to."""

    actions = ("remove_from_organization",)

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Whether the user may remove members."""
        return request.user.has_perm("organizations.remove_membership")

    @admin.action(
        description="Remove selected members from their organization", permissions=["remove"]
    )
    def remove_from_organization(
        self, request: HttpRequest, queryset: MembershipQuerySet
    ) -> HttpResponse | None:
        """Ask for confirmation of the removal of the selected members."""
        members = queryset.current()
        if problem := too_much(members):
            hint = "Or let an operator use the command remove_members, which takes any number."
            self.message_user(request, f"{problem} {hint}", messages.ERROR)
            return None
        ids = list(members.values_list("pk", flat=True))
        if not ids:
            self.message_user(request, "None of them is an active member.", messages.WARNING)
            return None
        return redirect(CONFIRMATION, Selection.of(ids, request.session).key)

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
        self._require_remove_permission(request)
        return redirect(CONFIRMATION, Selection.of([membership_id], request.session).key)

    def removal(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show what a removal would do; once it is confirmed, remove and lead to the result."""
        self._require_remove_permission(request)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        members = list(
            Membership.objects.current()
            .filter(pk__in=selection.ids)
            .select_related("user")
            .order_by("-pk")
        )
        if request.method == "POST" and not members:  # sent twice, or others were faster
            return redirect(RESULT, key)
        organizations = Organization.objects.filter(
            pk__in={member.organization_id for member in members}
        ).order_by("name", "pk")
        form = RemovalForm(organizations, self.admin_site, request.POST or None)
        if form.is_valid():
            selection.trace_id = trace_id_of(request)
            for organization in organizations:
                leaving = [m for m in members if m.organization_id == organization.pk]
                selection.refusals |= self._remove(request, organization, leaving, form)
            selection.keep(request.session)
            return redirect(RESULT, key)
        plans = [self._plan(organization, members, form) for organization in organizations]
        former = Membership.objects.former().filter(pk__in=selection.ids)
        return self._page(
            request,
            "removal_confirmation",
            title="Remove members from their organization?",
            plans=plans,
            leaving_count=sum(plan.leaving_count for plan in plans),
            former=former.select_related("user", "organization", "removal")[:SHOWN],
            former_count=len(selection.ids) - len(members),
            form=form,
            media=self.media + form.media,
        )

    def removal_result(self, request: HttpRequest, key: str) -> HttpResponse:
        """Show who was removed, what moved where, and who was not removed and why."""
        self._require_remove_permission(request)
        selection = Selection.find(key, request.session)
        if selection is None:
            return lead_back(request, CHANGELIST)
        removals = Removal.objects.filter(membership__in=selection.ids)
        done = removals.filter(trace_id=selection.trace_id)
        earlier = removals.exclude(trace_id=selection.trace_id)
        related = ("membership__user", "organization", "transferred_to", "actor")
        staying = (
            Membership.objects.current()
            .filter(pk__in=selection.ids)
            .select_related("user", "organization")
        )
        return self._page(
            request,
            "removal_result",
            title="What came of the removal",
            trace_id=selection.trace_id,
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

    def _require_remove_permission(self, request: HttpRequest) -> None:
        if not self.has_remove_permission(request):
            raise PermissionDenied

    def _plan(
        self, organization: Organization, members: Sequence[Membership], form: RemovalForm
    ) -> OrganizationPlan:
        """Return what is about to happen in one organization."""
        members = [m for m in members if m.organization_id == organization.pk]
        refusals = find_refusals(
            organization.pk,
            {m.user_id: m.pk for m in members},
            targets={},
            authority=ALL_CAPABILITIES,
        )
        leaving = [m for m in members if m.user_id not in refusals]
        staying = [m for m in members if m.user_id in refusals]
        return OrganizationPlan(
            organization=organization,
            leaving_count=len(leaving),
            leaving=preview_members(organization.pk, leaving[:SHOWN], refusals),
            resource_count=Resource.objects.owned_by(*(m.user_id for m in leaving))
            .filter(organization=organization)
            .count(),
            staying_count=len(staying),
            staying=preview_members(organization.pk, staying[:SHOWN], refusals),
            department=form.department_field(organization),
        )

    def _remove(
        self,
        request: HttpRequest,
        organization: Organization,
        members: Sequence[Membership],
        form: RemovalForm,
    ) -> dict[str, str]:
        """Remove members of one organization; return why some stay, by membership id."""
        department = form.department_of(organization)
        refusals: dict[str, str] = {}
        for start in range(0, len(members), BATCH_SIZE):
            batch = {m.user_id: m for m in members[start : start + BATCH_SIZE]}
            with transaction.atomic():
                outcomes = remove_members(
                    organization.pk,
                    batch,
                    transfer_to=department.pk if department else None,
                    actor=staff_of(request),
                    source=Source.ADMIN,
                    authority=ALL_CAPABILITIES,
                    reason=form.cleaned_data["reason"],
                    trace_id=trace_id_of(request),
                )
                LogEntry.objects.log_actions(
                    staff_of(request).pk,
                    Membership.objects.filter(
                        pk__in=[batch[o.user_id].pk for o in outcomes if o.removal_id]
                    ).select_related("user", "organization"),
                    CHANGE,
                    f"Removed from the organization, trace id {trace_id_of(request)}.",
                )
            refusals |= {str(batch[o.user_id].pk): str(o.refusal) for o in outcomes if o.refusal}
        return refusals

    def _page(
        self, request: HttpRequest, template: str, *, title: str, **context: object
    ) -> HttpResponse:
        """Return one of the pages of a removal."""
        return TemplateResponse(
            request,
            f"admin/organizations/membership/{template}.html",
            {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context},
        )
