"""Transfers, in the admin, the resources of a former or deactivated member."""

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import TransferForm
from organizations.admin.member_actions import MEMBER, MemberActionAdmin
from organizations.guards.acts import REMOVE
from organizations.guards.caller import Staff
from organizations.models import Department, Membership, Resource
from organizations.models.resource import ResourceQuerySet
from organizations.retries import retried
from organizations.transfer.service import TransferOutcome, transfer_resources
from users.models import User


class LeftoverTransferAdmin(MemberActionAdmin):
    """The part of the membership's admin that transfers the resources of inactive members."""

    def get_urls(self) -> list[URLPattern]:
        """Return the page of the transfer and the inherited pages."""
        view = self.admin_site.admin_view(self.leftover_transfer)
        return [
            path(
                "<int:membership_id>/leftovers/",
                view,
                name="organizations_membership_leftover_transfer",
            ),
            *super().get_urls(),
        ]

    def leftover_transfer(self, request: HttpRequest, membership_id: int) -> HttpResponse:
        """Ask who takes over the member's resources; once confirmed, transfer them."""
        self.require_permission(request, REMOVE)
        member = get_object_or_404(
            Membership.objects.select_related("user", "organization"), pk=membership_id
        )
        number = leftovers_of(member).count()
        if not number:  # passed on meanwhile, or the person is active again
            self.message_user(request, f"Nothing of {member} is left to pass on.", messages.WARNING)
            return redirect(MEMBER, member.pk)
        form = TransferForm(
            [member.organization], self.admin_site, request.POST or None, leaving=[member.pk]
        )
        if form.is_valid() and (target := form.target_of(member.organization)):
            outcome = transfer_and_log(
                member,
                target,
                caller=Staff.at(request, reason=form.cleaned_data["reason"]),
            )
            if outcome.refusal:
                self.message_user(request, str(outcome.refusal), messages.ERROR)
            else:
                self.message_user(request, f"{outcome.resource_count:,} passed to {target}.")
            return redirect(MEMBER, member.pk)
        return confirmation_page(
            self,
            request,
            "membership/leftover_transfer",
            title="Pass on what is left?",
            form=form,
            member=member,
            resource_count=number,
        )


def leftovers_of(member: Membership) -> ResourceQuerySet:
    """Return the resources of a deactivated or former member; none for an active member."""
    owned = Resource.objects.filter(organization=member.organization_id, owner=member.user_id)
    if member.is_active:
        return owned.none()
    return owned if member.is_current else owned.whose_owner_has_left()


@retried
@transaction.atomic
def transfer_and_log(
    member: Membership, target: Department | User, *, caller: Staff
) -> TransferOutcome:
    """Transfer the member's resources and write the admin's log; return the outcome."""
    [outcome] = transfer_resources(
        member.organization_id,
        [member.user_id],
        transfer_to=target.pk,
        caller=caller,
    )
    if not outcome.refusal:
        LogEntry.objects.log_actions(
            caller.actor.pk,
            # Read behind the lock of the account: an erasure that it waited for leaves no name.
            [Membership.objects.select_related("user", "organization").get(pk=member.pk)],
            CHANGE,
            f"Passed {outcome.resource_count} resources to {target.pk},"
            f" trace id {caller.trace_id}.",
            single_object=True,
        )
    return outcome
