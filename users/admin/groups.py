"""Groups of staff, and what they permit."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from config.admin.site import staff_of

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin):
    """A group: what it permits is a matter of superusers, as are the permissions of an account."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether this is a superuser."""
        return staff_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whether this is a superuser."""
        return staff_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Group | None = None) -> bool:
        """Whether this is a superuser."""
        return staff_of(request).is_superuser
