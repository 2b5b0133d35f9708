"""Restores removed members in the admin: the preview and the restoration."""

from django.contrib import messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import ReasonForm
from organizations.admin.member_actions import MEMBER, MemberActionAdmin
from organizations.guards.acts import RESTORE
from organizations.guards.caller import Staff
from organizations.models import Membership, Removal
from organizations.restoration.plan import RestorationOutcome
from organizations.restoration.service import preview_restoration, restore_members
from organizations.retries import retried


class MemberRestorationAdmin(MemberActionAdmin):
    """The part of the membership's admin that restores removed members."""

    def get_urls(self) -> list[URLPattern]:
        """Return the page of a restoration and the inherited pages."""
        view = self.admin_site.admin_view(self.restoration)
        return [
            path(
                "<int:membership_id>/restoration/",
                view,
                name="organizations_membership_restoration",
            ),
            *super().get_urls(),
        ]

    def restoration(self, request: HttpRequest, membership_id: int) -> HttpResponse:
        """Show what would come back with a former member; once confirmed, restore them."""
        self.require_permission(request, RESTORE)
        removal = get_object_or_404(
            Removal.objects.select_related("membership__user", "organization"),
            membership=membership_id,
        )
        form = ReasonForm(request.POST or None)
        if form.is_valid():
            outcome = restore_and_log(
                removal,
                caller=Staff.at(request, reason=form.cleaned_data["reason"]),
            )
            if outcome.restoration:
                self.message_user(request, f"{outcome.restoration.membership} is restored.")
                return redirect(MEMBER, outcome.restoration.membership_id)
            self.message_user(request, str(outcome.refusal), messages.ERROR)
            return redirect(MEMBER, membership_id)
        [preview] = preview_restoration(
            removal.organization_id,
            [removal.membership.user_id],
            removal_ids={removal.membership.user_id: removal.pk},
            caller=Staff.at(request),
        )
        return confirmation_page(
            self,
            request,
            "membership/restoration_confirmation",
            title="Restore the member?",
            form=form,
            removal=removal,
            member=removal.membership,
            restoration=preview.restoration,
            refusal=preview.refusal,
        )


def is_latest_tenure(member: Membership) -> bool:
    """Return whether this is the user's latest membership there and has ended.

    Only such a membership can be restored.
    """
    tenures = Membership.objects.of(member.organization_id, [member.user_id])
    return not member.is_current and not tenures.filter(pk__gt=member.pk).exists()


@retried
@transaction.atomic
def restore_and_log(removal: Removal, *, caller: Staff) -> RestorationOutcome:
    """Undo a removal and write the admin's log; return the outcome."""
    user_id = removal.membership.user_id
    [outcome] = restore_members(
        removal.organization_id,
        [user_id],
        removal_ids={user_id: removal.pk},
        caller=caller,
    )
    if outcome.restoration:
        LogEntry.objects.log_actions(
            caller.actor.pk,
            [outcome.restoration.membership],
            ADDITION,
            f"Restored from {removal.pk}, trace id {caller.trace_id}.",
            single_object=True,
        )
    return outcome
