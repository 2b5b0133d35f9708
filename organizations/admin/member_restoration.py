"""Restores removed members in the admin."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib import admin
from django.contrib.admin.models import ADDITION
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path

from organizations.admin.action import SHOWN, Outcome
from organizations.admin.member_actions import (
    MemberAction,
    Members,
    Outcomes,
    paired,
    resource_counts,
    user_ids_of,
)
from organizations.admin.selection import Selection
from organizations.guards.acts import RESTORE
from organizations.models import Membership, OffboardingTask, Organization, Restoration
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import preview_restoration, restore_members


class RestorationAction(MemberAction):
    """Makes former members members again, by the records of their removals."""

    name, verb, done = "restoration", "restore", "restored"
    act = RESTORE
    link = "Restore"
    title_of_one = "Restore {person} in {organization}?"
    title, template = "Restore members?", "membership/restoration"
    has_targets = False
    none_selected = "Only former members can be restored, and nobody whose data is erased."
    log_flag = ADDITION
    log_message = "Restored"
    related = ("user", "organization", "removal")

    def applicable(self, rows: QuerySet[Membership]) -> QuerySet[Membership]:
        return rows & Membership.objects.former().filter(user__erased_at=None)

    @classmethod
    def urls(cls, model_admin: admin.ModelAdmin[Membership]) -> list[URLPattern]:
        view = cls.view(model_admin, cls.select_removed)
        name = "organizations_membership_removal_undoing"
        return [path("removal/<str:key>/undoing/", view, name=name), *super().urls(model_admin)]

    def select_removed(self, key: str) -> HttpResponse:
        """Select the members whom the removal of another selection removed."""
        removal = Selection.find(key, self.request.session)
        if removal is None:
            return self.lead_back()
        return self.select(self.selected(removal.done)) or redirect(
            "admin:organizations_membership_removal_result", key
        )

    def is_offered(self, row: Membership) -> bool:
        return can_be_restored(row) and super().is_offered(row)

    def context(self) -> dict[str, Any]:
        previews = []
        for organization, members in self.rows.items():
            shown = members[:SHOWN]
            outcomes = preview_restoration(
                organization.pk,
                user_ids_of(shown),
                removal_ids=_removal_ids(shown),
                caller=self.caller,
            )
            owned = resource_counts(organization, shown)
            previews += [
                (member, outcome, owned[member.user_id], _cancelled_by_state(outcome))
                for member, outcome in paired(shown, outcomes)
            ]
        return {
            "previews": previews,
            "count": sum(map(len, self.rows.values())),
            "can_be_restored": any(not outcome.refusal for _, outcome, *_ in previews),
        }

    def perform(self, organization: Organization, rows: Members) -> Outcomes:
        outcomes = restore_members(
            organization.pk, user_ids_of(rows), removal_ids=_removal_ids(rows), caller=self.caller
        )
        return [
            Outcome(done.restoration.membership if done.restoration else former, done.refusal)
            for former, done in paired(rows, outcomes)
        ]

    def summary(self, done: Sequence[Outcome[Membership]]) -> Iterable[str]:
        yield from super().summary(done)
        undone = Restoration.objects.filter(membership__in=[outcome.row.pk for outcome in done])
        cancelled = OffboardingTask.objects.filter(
            state=OffboardingTask.State.CANCELLED, removal__in=undone.values("removal")
        ).count()
        if cancelled:
            yield f"{cancelled:,} offboarding task{pluralize(cancelled)} cancelled."


def _cancelled_by_state(outcome: RestorationOutcome) -> Counter[str]:
    """Return how many tasks a restoration cancels in each state."""
    cancelled = outcome.restoration.cancelled_tasks if outcome.restoration else ()
    return Counter(task.state for task in cancelled)


def can_be_restored(member: Membership) -> bool:
    """Return whether the membership has ended, is the user's latest, and they are not erased."""
    if member.is_current or member.user.erased_at:
        return False
    tenures = Membership.objects.of(member.organization_id, [member.user_id])
    return not tenures.filter(pk__gt=member.pk).exists()


def _removal_ids(members: Members) -> dict[str, str]:
    """Return the ids of the records to undo, by user id."""
    return {member.user_id: member.removal.pk for member in members}
