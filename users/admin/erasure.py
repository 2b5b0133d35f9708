"""Erasing people's data in the admin: the action and its confirmation."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from config.admin.large_tables import LargeTableAdmin
from config.admin.site import staff_of
from users.erasure.exceptions import ErasureRefusedError
from users.erasure.reasons import Reason, reasons_about
from users.erasure.service import erase_account, find_refusal
from users.models import User

MOST_ACCOUNTS = 20  # per action: as many as a person can review the reasons of


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """An account to erase, why it cannot be erased, and the reasons that mention the person."""

    account: User
    refusal: str | None
    reasons: list[Reason]


class ErasureAdmin(LargeTableAdmin[User]):
    """The part of the accounts' admin that erases people's data."""

    actions = ("erase",)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the account; redirect to its current page if it was erased meanwhile."""
        account = self.get_object(request, unquote(object_id)) if object_id else None
        if request.method == "POST" and account and account.erased_at:
            self.message_user(request, f"Nothing was saved: this is {account}.", messages.ERROR)
            return redirect("admin:users_user_change", account.pk)
        return super().changeform_view(request, object_id, form_url, extra_context)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may erase a person's data."""
        return request.user.has_perm("users.erase_user")

    @admin.action(description="Erase the data of selected users", permissions=["erase"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Ask for confirmation, showing the reasons that mention each person; then erase."""
        accounts = list(queryset[: MOST_ACCOUNTS + 1])
        if len(accounts) > MOST_ACCOUNTS:
            self.message_user(request, f"Select at most {MOST_ACCOUNTS}.", messages.ERROR)
            return None
        if request.POST.get("post"):
            for account in accounts:
                self._erase(request, account)
            return None
        actor = staff_of(request)
        plans = [
            ErasurePlan(account, find_refusal(account, actor=actor), reasons_about(account))
            for account in accounts
        ]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Erase people's data?",
            "leaving": [plan for plan in plans if not plan.refusal],
            "staying": [plan for plan in plans if plan.refusal],
            "action_checkbox_name": ACTION_CHECKBOX_NAME,
            "media": self.media,
        }
        return TemplateResponse(request, "admin/users/user/erasure_confirmation.html", context)

    def _erase(self, request: HttpRequest, account: User) -> None:
        """Erase one account and report the result."""
        actor = staff_of(request)
        try:
            with transaction.atomic():
                emptied = request.POST.getlist("emptied")
                erased = erase_account(account.pk, actor=actor, emptied=emptied)
                LogEntry.objects.log_actions(actor.pk, [erased], CHANGE, "Erased.")
        except ErasureRefusedError as refusal:
            self.message_user(request, f"{account}: {refusal}", messages.ERROR)
        else:
            self.message_user(request, f"This is now {erased}.")
