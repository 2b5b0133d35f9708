"""The admin of accounts: names, addresses, and permissions in the admin."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django import forms
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse

from config.admin.deletion import GuardedDeletion
from config.admin.history import RecordedHistory
from config.admin.locked_rows import LockedRow, is_to_be_locked
from config.admin.sessions import require_passwords
from config.admin.stale_forms import NoLostUpdates
from users.admin.erasure import ErasureAdmin
from users.admin.logins import LinkedLogins
from users.authority import is_above
from users.login import staff_of
from users.models import AccessToken, User


class UserCreationForm(AdminUserCreationForm):
    """The form for a new account, which has an e-mail address in place of a username."""

    class Meta:
        model = User
        fields = ("email", "full_name")
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}

    def clean_usable_password(self) -> str:
        """Return whether the account gets a password: none where nobody logs in by one."""
        return str(self.cleaned_data["usable_password"]) if settings.PASSWORD_LOGIN else "false"


class AccountForm(NoLostUpdates[User], UserChangeForm[User]):
    """The form for an existing account."""

    class Meta:
        model = User
        fields = "__all__"
        field_classes: ClassVar[dict[str, type[forms.Field]]] = {}


@admin.register(User)
class UserAdmin(
    GuardedDeletion[User],
    RecordedHistory[User],
    LockedRow[User],
    ErasureAdmin,
    DjangoUserAdmin[User],  # type: ignore[type-var]  # it asks for a username
):
    """The admin of accounts; nobody changes an account with more rights than their own."""

    form = AccountForm
    add_form = UserCreationForm
    list_display = ("email", "full_name", "id", "is_active", "is_staff")
    list_filter = ("is_active", "is_staff", "is_superuser")
    search_fields = ("email",)
    search_help_text = "A name, how an e-mail address begins, or an id."
    recorded_columns = ("done_at", "what", "where", "by", "through", "why", "record")
    readonly_fields = ("id", "created_at", "last_login", "erased_at")
    rights = ("is_staff", "is_superuser", "groups", "user_permissions")
    fieldsets = (
        (None, {"fields": ("id", "email", "full_name", "password")}),
        ("Permissions", {"fields": ("is_active", *rights)}),
        ("Dates", {"fields": ("created_at", "last_login", "erased_at")}),
    )
    add_fieldsets = (
        (None, {"fields": ("email", "full_name", "usable_password", "password1", "password2")}),
    )

    def title_of(self, row: User) -> str:
        return row.name

    def recorded(self, row: User) -> QuerySet[Any]:
        events: QuerySet[Any] = row.events.all()
        return events

    def recorded_filters(self, row: User) -> dict[str, str]:
        return {"q": row.pk}

    def related_lists(self, row: User) -> Iterator[tuple[type[Model], str, dict[str, str]]]:
        yield row.memberships.model, "memberships", {"q": row.pk, "state": "all"}
        yield row.resources.model, "resources", {"q": row.pk}
        yield AccessToken, "access tokens", {"q": row.pk}

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Return the sections; the password only to who may change it, and if there are any."""
        fieldsets = super().get_fieldsets(request, obj)
        if settings.PASSWORD_LOGIN and self.has_change_permission(request, obj):
            return fieldsets
        return [
            (title, {"fields": [name for name in section["fields"] if "password" not in name]})
            for title, section in fieldsets
        ]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        """Return the linked logins, if there are any and there were when the form was opened."""
        is_shown = request.method != "POST" or "oidc_logins-TOTAL_FORMS" in request.POST
        return [LinkedLogins] if obj and is_shown and obj.oidc_logins.exists() else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        rights = () if staff_of(request).is_superuser else self.rights
        return (*self.readonly_fields, *rights)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> User | None:
        """Return an account; before a change, lock it together with the user's own account.

        So of two who disable each other at once, the second is refused.
        """
        if is_to_be_locked(request):
            both = User.objects.filter(pk__in=[staff_of(request).pk, object_id]).order_by("pk")
            list(both.select_for_update(no_key=True).values_list("pk"))
        return super().get_object(request, object_id, from_field)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Take the permission to change accounts, too, as Django's page does."""
        return super().has_add_permission(request) and self.has_change_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Forbid changes, also of the password, to erased accounts and those with more rights."""
        if obj and (obj.erased_at or is_above(obj, staff_of(request))):
            return False
        return super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        if obj and is_above(obj, staff_of(request)):
            return False
        return super().has_delete_permission(request, obj)

    @transaction.atomic  # as Django's other pages are; `get_object` then locks
    def user_change_password(
        self, request: HttpRequest, *args: Any, **options: Any
    ) -> HttpResponse:
        require_passwords()
        return super().user_change_password(request, *args, **options)

    def deletion_obstacle(self, row: User) -> str:
        if row.memberships.exists():
            return "The person is, or was, a member of an organization."
        return "Something that stays on record refers to the account." if row.has_history() else ""
