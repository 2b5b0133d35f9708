"""Restores removed members in the admin."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.models import ADDITION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern, path

from organizations.admin.action import SHOWN, Grouped, Outcome
from organizations.admin.forms import TargetsForm
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
from organizations.guards.caller import Staff
from organizations.models import Membership, OffboardingTask, Organization, Restoration
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import preview_restoration, restore_members


class RestorationAction(MemberAction):
    """Puts former members back, by the records of their removals."""

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

    @property
    def urls(self) -> list[URLPattern]:
        view = self.admin.admin_site.admin_view(self.select_removed)
        name = "organizations_membership_removal_undoing"
        return [path("removal/<str:key>/undoing/", view, name=name), *super().urls]

    def select_removed(self, request: HttpRequest, key: str) -> HttpResponse:
        """Select those whom the removal of another selection took out."""
        removal = Selection.find(key, request.session)
        if removal is None:
            return self.lead_back(request)
        return self.select(request, self.selected(removal.done)) or redirect(
            "admin:organizations_membership_removal_result", key
        )

    def is_offered(self, request: HttpRequest, row: Membership) -> bool:
        return can_be_restored(row) and super().is_offered(request, row)

    def context(
        self,
        request: HttpRequest,
        selection: Selection,
        rows: Grouped[Membership],
        form: TargetsForm,
    ) -> dict[str, Any]:
        previews = []
        for organization, members in rows.items():
            shown = members[:SHOWN]
            outcomes = preview_restoration(
                organization.pk,
                user_ids_of(shown),
                removal_ids=_removal_ids(shown),
                caller=Staff.at(request),
            )
            owned = resource_counts(organization, shown)
            previews += [
                (member, outcome, owned[member.user_id], _cancelled_by_state(outcome))
                for member, outcome in paired(shown, outcomes)
            ]
        return {
            "previews": previews,
            "count": sum(map(len, rows.values())),
            "can_be_restored": any(not outcome.refusal for _, outcome, *_ in previews),
        }

    def perform(
        self, organization: Organization, rows: Members, form: TargetsForm, caller: Staff
    ) -> Outcomes:
        outcomes = restore_members(
            organization.pk, user_ids_of(rows), removal_ids=_removal_ids(rows), caller=caller
        )
        return [
            Outcome(done.restoration.membership if done.restoration else former, done.refusal)
            for former, done in paired(rows, outcomes)
        ]

    def summary(self, done: Sequence[Outcome[Membership]], form: TargetsForm) -> Iterable[str]:
        yield from super().summary(done, form)
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
    """Return whether this is the latest membership there of a user who is not erased, and ended."""
    if member.is_current or member.user.erased_at:
        return False
    tenures = Membership.objects.of(member.organization_id, [member.user_id])
    return not tenures.filter(pk__gt=member.pk).exists()


def _removal_ids(members: Members) -> dict[str, str]:
    """Return the ids of the records that are to be undone, by user id."""
    return {member.user_id: member.removal.pk for member in members}
