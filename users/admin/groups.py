"""The admin of staff's groups and their permissions."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.forms import ModelForm
from django.http import HttpRequest

from config.admin.locked_rows import LockedRow
from config.admin.stale_forms import NoLostUpdates
from users.login import staff_of

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(LockedRow[Group], DjangoGroupAdmin):
    """The admin of groups; only superusers change them, like the permissions of accounts."""

    form: type[ModelForm[Group]] = NoLostUpdates

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return staff_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        return staff_of(request).is_superuser
