"""What organizations have, and whose it is."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from organizations.models import Resource


class OwnerHasLeftFilter(admin.SimpleListFilter):
    """Resources in the charge of somebody who is no member any more."""

    title = "owner"
    parameter_name = "owner_has_left"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Resource]
    ) -> list[tuple[str, str]]:
        """Return the one question."""
        return [("yes", "Has left")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Resource]) -> QuerySet[Resource]:
        """Narrow the resources to those without a member in charge."""
        if self.value() == "yes":
            return queryset & Resource.objects.whose_owner_has_left()
        return queryset


@admin.register(Resource)
class ResourceAdmin(admin.ModelAdmin[Resource]):
    """A resource and who is in charge of it."""

    list_display = ("name", "organization", "owner", "department", "id")
    list_filter = (OwnerHasLeftFilter,)
    list_select_related = ("organization", "owner", "department")
    autocomplete_fields = ("organization", "owner", "department")
    search_fields = ("id__exact", "owner__id__exact", "owner__email__startswith")
    search_help_text = "An id of a resource or a user, or how the owner's e-mail address begins."
    ordering = ("-id",)
    show_full_result_count = False
    readonly_fields = ("id", "removal")
