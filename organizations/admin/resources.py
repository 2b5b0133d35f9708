"""The admin of resources."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextInputWidget
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator

from config.admin.deletion import GuardedDeletion
from config.admin.filters import LookupFilter, QuerySetFilter
from config.admin.links import NONE
from config.admin.sessions import require_staff_again
from config.admin.stale_forms import NoLostUpdates
from config.case_insensitive_names import require_visible
from config.retries import retried
from organizations.admin.action import ConfirmedActionsAdmin
from organizations.admin.filters import OrganizationFilter
from organizations.admin.forms import offer_departments_of
from organizations.admin.transfers import SelectedTransfer
from organizations.exceptions import ResourceNotFoundError
from organizations.guards.caller import Staff
from organizations.models import Membership, Resource, ResourceType
from organizations.models.resource import ResourceQuerySet
from organizations.models.resource_entry import LONGEST_NAME
from organizations.resources.deletion import delete
from organizations.resources.rows import Row, find_one, insert
from organizations.transfer.service import transfer_selected
from users.admin.people import person


class OwnerHasLeftFilter(QuerySetFilter):
    """Filters for resources whose owner is no longer a member."""

    title = "owner"
    parameter_name = "owner_has_left"
    narrowings = (("yes", "Owner has left", ResourceQuerySet.whose_owner_has_left),)


class TypeFilter(LookupFilter):
    """Filters for resources of one type."""

    title = "type"
    parameter_name = "type"
    hint = "A type, such as repository"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        term = (self.value() or "").strip()
        return queryset.filter(type=term) if term else queryset


class ResourceForm(NoLostUpdates[Resource]):
    """A resource, with the name that its entry holds."""

    name = forms.CharField(max_length=LONGEST_NAME, widget=AdminTextInputWidget)

    class Meta:
        model = Resource
        fields = ("organization", "owner", "department")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.initial["name"] = self.instance.entry.name

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        require_visible(name)
        return name


@admin.register(Resource)
class ResourceAdmin(GuardedDeletion[Resource], ConfirmedActionsAdmin[Resource]):
    """The admin of resources."""

    form = ResourceForm
    list_display = ("name", "type", "key", "organization", "owned_by", "link")
    list_filter = (OwnerHasLeftFilter, TypeFilter, OrganizationFilter)
    list_select_related = ("organization", "owner", "department", "entry")
    autocomplete_fields = ("organization", "owner", "department")
    search_fields = ("id", "owner")
    search_help_text = "Its id, or its owner: a name, how an e-mail address begins, or an id."
    readonly_fields = ("id", "type", "key", "link", "removal")
    fixed_fields = ("organization",)
    fields = (
        *("name", "type", "key", "link", "organization", "owner", "department", "id", "removal"),
    )
    confirmed_actions = (SelectedTransfer,)

    def title_of(self, row: Resource) -> str:
        return f"{row} of {row.organization}"

    def related_lists(self, row: Resource) -> Iterator[tuple[type[Model], str, dict[str, str]]]:
        if row.owner_id:
            here = {"q": row.owner_id, "organization": row.organization_id}
            yield Membership, "its owner's memberships there", {**here, "state": "all"}

    def get_form(
        self, request: HttpRequest, obj: Resource | None = None, *args: Any, **options: Any
    ) -> type[forms.ModelForm[Resource]]:
        """Return the form; that of a resource offers the departments of its organization."""
        form = super().get_form(request, obj, *args, **options)
        if obj:
            offer_departments_of(obj.organization, form, "department", admin_site=self.admin_site)
        return form

    @retried  # it may pass to somebody else while this waits for its owner's removal
    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().delete_view(request, object_id, extra_context)

    @admin.display(description="Key")
    def key(self, resource: Resource) -> str:
        return resource.entry.external_id or NONE

    @admin.display(description="Owner")
    def owned_by(self, resource: Resource) -> str:
        return person(resource.owner) if resource.owner else str(resource.department)

    @admin.display(description="Link")
    def link(self, resource: Resource) -> str:
        """Return a link to the thing itself, which gets no Referer."""
        if url := resource.entry.url:
            shown = Truncator(url.partition("://")[2]).chars(30)
            return format_html('<a href="{}" rel="noreferrer">{}</a>', url, shown)
        return NONE

    def delete_model(self, request: HttpRequest, obj: Resource) -> None:
        delete(obj.organization_id, obj.pk, caller=Staff.at(request))

    def save_model(self, request: HttpRequest, obj: Resource, form: Any, change: bool) -> None:
        """Make a resource, rename one, or pass it to another owner or department.

        Raises PermissionDenied for a user who lost the permission while the page waited.
        """
        if change:
            self._change(request, obj, form)
        else:
            row = Row(obj.pk, obj.type, form.cleaned_data["name"], obj.owner_id, obj.department_id)
            ResourceType.objects.ensure(obj.organization_id, [row.type])
            insert(obj.organization_id, [row])
        require_staff_again(request)  # behind the locks
        may = self.has_change_permission if change else self.has_add_permission
        if not may(request):
            raise PermissionDenied

    def _change(self, request: HttpRequest, obj: Resource, form: Any) -> None:
        name = form.cleaned_data["name"]
        changed = set(form.changed_data)
        if not changed.isdisjoint({"owner", "department"}):
            target = obj.owner_id or obj.department_id or ""
            transfer_selected(
                obj.organization_id, [obj.pk], transfer_to=target, caller=Staff.at(request)
            )
        if find_one(obj.organization_id, obj.pk, locks=True) is None:  # deleted meanwhile
            raise ResourceNotFoundError({"resource_id": obj.pk})
        if "name" in changed:
            obj.entry.name, obj.entry.updated_at = name, timezone.now()
            obj.entry.save(update_fields=["name", "name_words", "updated_at"])
