"""The admin of access tokens, which revokes them."""

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.messages import WARNING
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config.admin.filters import QuerySetFilter
from config.admin.locked_rows import LockedRow
from config.admin.row_actions import RowActions
from config.admin.sessions import require_staff_again
from config.admin.times import time_in_words
from users.admin.people import person
from users.authority import is_above
from users.login import staff_of
from users.models import AccessToken
from users.models.access_token import SHOWN_LENGTH, TOKEN_PREFIX, AccessTokenQuerySet


class TokenStateFilter(QuerySetFilter):
    """Filters tokens by whether they can still be used."""

    title = "state"
    parameter_name = "state"
    narrowings = (
        ("valid", "Valid", AccessTokenQuerySet.valid),
        ("expired", "Expired", AccessTokenQuerySet.expired),
        ("revoked", "Revoked", AccessTokenQuerySet.revoked),
    )


@admin.register(AccessToken)
class AccessTokenAdmin(LockedRow[AccessToken], RowActions[AccessToken]):
    """The admin of tokens: it lists and revokes them; `manage.py create_token` makes one."""

    list_display = ("prefix", "whose", "reaches", "name", "created_at", "expires_at", "revoked_at")
    list_filter = (TokenStateFilter,)
    list_select_related = ("user", "binding__membership__organization")
    search_fields = ("user",)
    search_help_text = (
        "Whose it is: a name, how an e-mail address begins, or an id. Or how the token begins."
    )
    fields = ("prefix", "user", "reaches", "name", "created_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def title_of(self, row: AccessToken) -> str:
        return f"Access token {row} of {row.user.name}"

    def actions_on(self, row: AccessToken) -> dict[str, str]:
        return {} if row.revoked_at else {"revoke": "Revoke"}

    def find(self, rows: QuerySet[AccessToken], term: str) -> QuerySet[AccessToken]:
        if term.startswith(TOKEN_PREFIX):
            return rows.filter(prefix=term[:SHOWN_LENGTH])
        return super().find(rows, term)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Forbid adding: only the command that creates a token shows it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        if obj and is_above(obj.user, staff_of(request)):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: AccessToken | None = None) -> bool:
        if obj and is_above(obj.user, staff_of(request)):
            return False
        return super().has_delete_permission(request, obj)

    @admin.display(description="User", ordering="user")
    def whose(self, token: AccessToken) -> str:
        return person(token.user)

    @admin.display(description="Reaches")
    def reaches(self, token: AccessToken) -> str:
        """Return the organization that the token acts in, or which memberships it reaches."""
        if binding := getattr(token, "binding", None):
            return str(binding)
        began = time_in_words(token.reaches_before)
        return f"Memberships that began before {began}"

    @admin.action(description="Revoke selected access tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """Revoke the selected tokens, except those of accounts with more rights."""
        with transaction.atomic():
            valid = queryset.filter(revoked_at=None).select_related("user").order_by("pk")
            chosen = list(valid.select_for_update(of=("self",), no_key=True))
            require_staff_again(request)
            if not self.has_change_permission(request):
                raise PermissionDenied
            tokens = [token for token in chosen if self.has_change_permission(request, token)]
            AccessToken.objects.filter(pk__in=[token.pk for token in tokens]).update(
                revoked_at=timezone.now()
            )
            LogEntry.objects.log_actions(staff_of(request).pk, tokens, CHANGE, "Revoked.")
        self.message_user(request, f"{len(tokens)} revoked.")
        if spared := len(chosen) - len(tokens):
            self.message_user(
                request, f"{spared} of people who may do more than you, not revoked.", WARNING
            )
