"""Erasing people's data in the admin: the action and its confirmation."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from config.admin.large_tables import LargeTableAdmin
from config.admin.pages import page
from config.retries import retried
from users.erasure.plan import ErasurePlan, find_refusal, may_erase
from users.erasure.service import ErasureRefusedError, Receipt, erase_account
from users.login import staff_of
from users.models import User

MOST_ACCOUNTS = 20  # per action: a person reviews the texts of each


@dataclass(frozen=True, slots=True)
class Refusal:
    """An account that cannot be erased, and why."""

    account: User
    why: str


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
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except PermissionDenied:
            account = self.get_object(request, unquote(object_id)) if object_id else None
            if not (account and account.erased_at and self.has_view_permission(request, account)):
                raise
            self.message_user(request, f"Nothing was saved: this is {account}.", messages.ERROR)
            return redirect("admin:users_user_change", account.pk)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **options: Any
    ) -> HttpResponse:
        account: User | None = context.get("original")
        is_erased = account is None or account.erased_at is not None
        context["may_be_erased"] = not is_erased and self.has_erase_permission(request)
        return super().render_change_form(request, context, *args, **options)

    def has_erase_permission(self, request: HttpRequest) -> bool:
        return may_erase(staff_of(request))

    @admin.action(description="Erase the data of selected users", permissions=["erase"])
    def erase(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse | None:
        """Ask for confirmation, showing what is written of each; then erase and show receipts."""
        accounts = list(queryset[: MOST_ACCOUNTS + 1])
        if len(accounts) > MOST_ACCOUNTS:
            self.message_user(request, f"Select at most {MOST_ACCOUNTS}.", messages.ERROR)
            return None
        if request.POST.get("post"):
            outcomes = [self._erase(request, account) for account in accounts]
            return page(
                self,
                request,
                "users/user/erasure_result",
                title="Result of the erasure",
                receipts=[outcome for outcome in outcomes if isinstance(outcome, Receipt)],
                staying=[outcome for outcome in outcomes if isinstance(outcome, Refusal)],
            )
        actor = staff_of(request)
        refusals = {account: find_refusal(account, actor=actor) for account in accounts}
        return page(
            self,
            request,
            "users/user/erasure_confirmation",
            title="Erase people's data?",
            leaving=[
                ErasurePlan.of(account, viewer=actor)
                for account, why in refusals.items()
                if why is None
            ],
            staying=[Refusal(account, why) for account, why in refusals.items() if why],
            action_checkbox_name=ACTION_CHECKBOX_NAME,
        )

    @retried
    def _erase(self, request: HttpRequest, account: User) -> Receipt | Refusal:
        """Erase one account; return the receipt, or why it is refused."""
        actor = staff_of(request)
        try:
            with transaction.atomic():
                emptied = request.POST.getlist("emptied")
                receipt = erase_account(account.pk, actor=actor, emptied=emptied)
                LogEntry.objects.log_actions(actor.pk, [receipt.account], CHANGE, "Erased.")
        except ErasureRefusedError as refusal:
            return Refusal(account, str(refusal))
        return receipt
