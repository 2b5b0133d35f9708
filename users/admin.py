"""Accounts and tokens."""

from typing import ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from users.models import AccessToken, User


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
class UserAdmin(DjangoUserAdmin[User]):  # type: ignore[type-var]  # it asks for a username
    """A person's account."""

    form = AccountForm
    add_form = UserCreationForm
    list_display = ("email", "full_name", "id", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("id__exact", "email__startswith", "full_name__startswith")
    search_help_text = "An id, or how the e-mail address or the name begins."
    ordering = ("-id",)
    show_full_result_count = False
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

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """An account with history stays; nothing is deleted from the list."""
        if (
            obj is None
            or obj.memberships.exists()
            or obj.resources.exists()
            or obj.removals_made.exists()
        ):
            return False
        return super().has_delete_permission(request, obj)


@admin.register(AccessToken)
class AccessTokenAdmin(admin.ModelAdmin[AccessToken]):
    """A token by what it is known by; `manage.py create_token` makes one."""

    list_display = ("prefix", "user", "name", "created_at", "expires_at", "revoked_at")
    list_select_related = ("user",)
    search_fields = ("prefix__startswith", "user__id__exact", "user__email__startswith")
    search_help_text = "How the token or the e-mail address begins, or an id of a user."
    ordering = ("-pk",)
    show_full_result_count = False
    fields = ("prefix", "user", "name", "created_at", "expires_at", "revoked_at")
    readonly_fields = fields
    actions = ("revoke",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A token is shown once, to whoever makes it on the command line."""
        return False

    @admin.action(description="Revoke selected access tokens", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AccessToken]) -> None:
        """Take the tokens back, from this moment on."""
        revoked = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{revoked} revoked.")
