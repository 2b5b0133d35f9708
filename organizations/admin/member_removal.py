"""Removes members in the admin, now or on a date."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION
from django.db.models import Count, Model, Prefetch, QuerySet, Sum
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.html import format_html

from config.admin.links import list_link
from config.admin.pages import page
from config.errors import ContractError
from organizations.admin.action import SHOWN, ConfirmedAction, Outcome
from organizations.admin.forms import RemovalForm
from organizations.admin.member_actions import (
    MemberAction,
    Members,
    Outcomes,
    outcomes_of,
    user_ids_of,
)
from organizations.admin.selection import Selection
from organizations.guards.acts import REMOVE, RESTORE
from organizations.guards.judge import Rules, judge
from organizations.models import (
    Membership,
    OffboardingTask,
    Organization,
    Removal,
    RemovedResources,
    ScheduledRemoval,
)
from organizations.removal.service import remove_members
from organizations.schedule.service import schedule_removals

RESULT = "organizations_membership_removal_result"

TARGET_NAMES = ("transferred_to__name", "transferred_to_user__email")


class RemovalAction(MemberAction):
    """Removes members, or with a date schedules their removal."""

    name, verb, done = "removal", "remove", "removed"
    act = REMOVE
    description = "Remove selected members from their organization"
    link = "Remove from {organization}"
    is_dangerous = True
    title_of_one = "Remove {person} from {organization}?"
    title, template = "Remove members from their organization?", "membership/removal"
    form_class = RemovalForm
    none_selected = "None of them is a member."
    too_many_selected = (
        "Select fewer, or let an operator use the command remove_members, which takes any number."
    )
    log_message = "Removed from the organization"

    def applicable(self, rows: QuerySet[Membership]) -> QuerySet[Membership]:
        return rows & Membership.objects.current()

    @classmethod
    def urls(cls, model_admin: admin.ModelAdmin[Membership]) -> list[URLPattern]:
        view = cls.view(model_admin, cls.result)
        return [path("removal/<str:key>/result/", view, name=RESULT), *super().urls(model_admin)]

    def refusals(self, organization: Organization, members: Members) -> dict[str, ContractError]:
        return judge(
            organization.pk,
            user_ids_of(members),
            caller=self.caller,
            act=REMOVE,
            rules=Rules.AUTHORITY | Rules.OWNER_REMAINS,
        )

    def context(self) -> dict[str, Any]:
        former = Membership.objects.former().filter(pk__in=self.selection.ids)
        return {
            **super().context(),
            "assignments_note": " that go",
            "former": former.select_related("user", "organization", "removal")[:SHOWN],
            "former_count": former.count(),
        }

    def chosen(self) -> ConfirmedAction[Membership]:
        if not self.form.cleaned_data["remove_at"]:
            return self
        scheduling = SchedulingAction(self.admin, self.request)
        scheduling.selection, scheduling.rows = self.selection, self.rows
        scheduling.form, scheduling.caller = self.form, self.caller
        return scheduling

    def perform(self, organization: Organization, rows: Members) -> Outcomes:
        outcomes = remove_members(
            organization.pk,
            user_ids_of(rows),
            transfer_to=self.form.targets_of(organization),
            caller=self.caller,
        )
        return outcomes_of(rows, outcomes)

    def report(self, outcomes: Sequence[Outcome[Membership]]) -> HttpResponse:
        return redirect(f"admin:{RESULT}", self.selection.key)

    def result(self, key: str) -> HttpResponse:
        """Show who was removed, where their resources went, and who was not removed and why."""
        self.require_permission()
        selection = Selection.find(key, self.request.session)
        if selection is None:
            return self.lead_back()
        removals = Removal.objects.filter(membership__in=selection.ids)
        done = removals.filter(membership__in=selection.done)
        earlier = removals.exclude(membership__in=selection.done)
        related = ("membership__user", "organization", "actor")
        owned = RemovedResources.objects.select_related("transferred_to", "transferred_to_user")
        by_type = Prefetch("removed_resources", owned.order_by("type"))
        tasks = OffboardingTask.objects.of(done).open()
        may_see_tasks = self.request.user.has_perm("organizations.view_offboardingtask")
        staying = self.applicable(self.selected(selection.ids)).select_related(*self.related)
        return page(
            self.admin,
            self.request,
            "organizations/membership/removal_result",
            title="Result of the removal",
            undoing=selection.key if RESTORE.is_staffs(self.request.user) else "",
            totals=_totals(done),
            removed=done.select_related(*related).prefetch_related(by_type).order_by("pk")[:SHOWN],
            removed_count=done.count(),
            open_task_count=tasks.count() if may_see_tasks else 0,
            earlier=earlier.select_related(*related).order_by("pk")[:SHOWN],
            earlier_count=earlier.count(),
            staying=[
                (member, selection.refusals.get(str(member.pk), "Not tried."))
                for member in staying[:SHOWN]
            ],
            staying_count=staying.count(),
        )


def _totals(removals: QuerySet[Removal]) -> list[tuple[str, int, list[dict[str, Any]]]]:
    """Return each organization, its members who were removed, and what passed to each target."""
    members = removals.values_list("organization", "organization__name").annotate(Count("pk"))
    passed = defaultdict[str, list[dict[str, Any]]](list)
    owned = RemovedResources.objects.filter(removal__in=removals)
    for total in (
        owned.values("organization", *TARGET_NAMES)
        .annotate(moved=Sum("count"))
        .order_by(*TARGET_NAMES)
    ):
        passed[total["organization"]].append(total)
    return [(name, count, passed[pk]) for pk, name, count in members.order_by("organization__name")]


class SchedulingAction(RemovalAction):
    """Schedules the removal of those who could be removed now; the others are refused."""

    done = "scheduled"
    log_flag = ADDITION
    log_message = "Scheduled"

    def perform(self, organization: Organization, rows: Members) -> Outcomes:
        refusals = self.refusals(organization, rows)
        going = [member for member in rows if member.user_id not in refusals]
        outcomes = schedule_removals(
            organization.pk,
            user_ids_of(going),
            remove_at=self.form.cleaned_data["remove_at"],
            transfer_to=self.form.targets_of(organization),
            caller=self.caller,
        )
        staying = [Outcome(m, refusals[m.user_id]) for m in rows if m.user_id in refusals]
        return [*outcomes_of(going, outcomes), *staying]

    def logged(self, done: Members) -> Iterable[Model]:
        return ScheduledRemoval.objects.pending().of(done)

    def report(self, outcomes: Sequence[Outcome[Membership]]) -> HttpResponse:
        return MemberAction.report(self, outcomes)

    def summary(self, done: Sequence[Outcome[Membership]]) -> Iterable[str]:
        pending = list_link(
            ScheduledRemoval, "See the scheduled removals", otherwise="", state="pending"
        )
        yield format_html("Scheduled: {}. {}", f"{len(done):,}", pending)
