"""Transfers, in the admin, the resources of a former or deactivated member."""

from django.contrib import messages
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path

from config.admin.site import staff_of
from config.trace import trace_id_of
from organizations.admin.confirmation import confirmation_page
from organizations.admin.forms import TransferForm
from organizations.admin.member_actions import MEMBER, MemberActionAdmin
from organizations.capabilities import ALL_CAPABILITIES
from organizations.models import Department, Membership, Resource, Source
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
        self.require_permission(request, "remove")
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
                actor=staff_of(request),
                reason=form.cleaned_data["reason"],
                trace_id=trace_id_of(request),
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
    member: Membership, target: Department | User, *, actor: User, reason: str, trace_id: str
) -> TransferOutcome:
    """Transfer the member's resources and write the admin's log; return the outcome."""
    [outcome] = transfer_resources(
        member.organization_id,
        [member.user_id],
        transfer_to=target.pk,
        actor=actor,
        source=Source.ADMIN,
        authority=ALL_CAPABILITIES,
        reason=reason,
        trace_id=trace_id,
    )
    if not outcome.refusal:
        LogEntry.objects.log_actions(
            actor.pk,
            [member],
            CHANGE,
            f"Passed {outcome.resource_count} resources to {target.pk}, trace id {trace_id}.",
            single_object=True,
        )
    return outcome
