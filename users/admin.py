"""Accounts and tokens."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from config.admin.deletion import GuardedDeletion
from config.admin.large_tables import LargeTableAdmin
from config.admin.site import staff_of
from users.models import AccessToken, User
from users.models.access_token import SHOWN_LENGTH, TOKEN_PREFIX


class UserCreationForm(AdminUserCreationForm):
    """A new account, known by its e-mail address."""

    class Meta:
        model = User
        fields = ("email", "full_name")
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}


class AccountForm(UserChangeForm[User]):
    """An account."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}


@admin.register(User)
class UserAdmin(GuardedDeletion[User], LargeTableAdmin[User], DjangoUserAdmin[User]):  # type: ignore[type-var]  # it asks for a username
    """A person's account."""

    form = AccountForm
    add_form = UserCreationForm
    list_display = ("email", "full_name", "id", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email",)
    search_help_text = "A name, how an e-mail address begins, or an id."
    readonly_fields = ("id", "created_at", "last_login")
    fieldsets = (
        (None, {"fields": ("id", "email", "full_name", "password")}),
        (
            "Permissions",
            {"fields": ("is_active", "is_staff", "is_superuser", "groups", "user_permissions")},
        ),
        ("Dates", {"fields": ("created_at", "last_login")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "full_name", "usable_password", "password1", "password2")}),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        """Find people by who they are."""
        if not search_term:
            return queryset, False
        return queryset.filter(pk__in=User.objects.matching(search_term)), False

    def deletion_obstacle(self, row: User) -> str:
        """An account with history stays."""
        if row.memberships.exists():
            return "The person is, or was, a member of an organization."
        if row.resources.exists():
            return "The person owns resources."
        return "The record of a removal names them." if row.removals_made.exists() else ""


class TokenStateFilter(admin.SimpleListFilter):
    """Whether a token can still be used."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[AccessToken]
    ) -> list[tuple[str, str]]:
        """Return the states of a token."""
        return [("valid", "Valid"), ("expired", "Expired"), ("revoked", "Revoked")]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[AccessToken]
    ) -> QuerySet[AccessToken]:
        """Narrow the tokens to one state."""
        match self.value():
            case "valid":
                return queryset & AccessToken.objects.valid()
            case "expired":
                return queryset & AccessToken.objects.expired()
            case "revoked":
                return queryset & AccessToken.objects.revoked()
        return queryset


@admin.register(AccessToken)
class AccessTokenAdmin(LargeTableAdmin[AccessToken]):
    """A token by what it is known by; `manage.py create_token` makes one."""

    list_display = ("prefix", "user", "binding", "name", "created_at", "expires_at", "revoked_at")
    list_filter = (TokenStateFilter,)
    list_select_related = ("user", "binding__membership__organization")
    search_fields = ("prefix",)
    search_help_text = (
        "Whose it is: a name, how an e-mail address begins, or an id. Or how the token begins."
    )
    fields = ("prefix", "user", "name", "created_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AccessToken], search_term: str
    ) -> tuple[QuerySet[AccessToken], bool]:
        """Find tokens by whose they are, or by how they begin."""
        if not search_term:
            return queryset, False
        if search_term.startswith(TOKEN_PREFIX):
            return queryset.filter(prefix=search_term[:SHOWN_LENGTH]), False
        return queryset.filter(user__in=User.objects.matching(search_term)), False

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown once, to whoever makes it on the command line."""
        return False

    @admin.action(description="Revoke selected access tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """Take the tokens back, from this moment on."""
        tokens = list(queryset.filter(revoked_at=None))
        with transaction.atomic():
            AccessToken.objects.filter(pk__in=[token.pk for token in tokens]).update(
                revoked_at=timezone.now()
            )
            LogEntry.objects.log_actions(staff_of(request).pk, tokens, CHANGE, "Revoked.")
        self.message_user(request, f"{len(tokens)} revoked.")
