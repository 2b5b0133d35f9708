"""The admin of organizations."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from config.admin.deletion import GuardedDeletion
from config.admin.filters import QuerySetFilter
from config.admin.history import RecordedHistory
from config.admin.large_tables import NamedAdmin, amount, count_or_estimate
from config.admin.links import list_link
from config.admin.locked_rows import LockedRow
from organizations.admin.offboarding_steps import list_of_steps
from organizations.admin.organization_forms import NewOrganizationForm, OrganizationForm
from organizations.assignment.owner import add_owner
from organizations.domains.service import domains_of, set_domains
from organizations.guards.acts import ADD, ADD_STEP
from organizations.guards.caller import Staff
from organizations.models import Event, OffboardingStep, Organization
from organizations.models.organization import OrganizationQuerySet


class OneOwnerFilter(QuerySetFilter):
    """Filters for organizations with a single owner."""

    title = "owners"
    parameter_name = "owners"
    narrowings = (("one", "One owner", OrganizationQuerySet.with_one_owner),)


def number_of(
    name: str, rows_of: Callable[[Organization], QuerySet[Any]], **filters: str
) -> Callable[..., str]:
    """Return a column with the number of an organization's rows, as a link to their list."""

    def number(_: object, organization: Organization) -> str:
        rows = rows_of(organization)
        text = amount(count_or_estimate(rows))
        return list_link(rows.model, text, organization=organization.pk, **filters)

    return admin.display(description=name)(number)


@admin.register(Organization)
class OrganizationAdmin(
    GuardedDeletion[Organization],
    LockedRow[Organization],
    NamedAdmin[Organization],
    RecordedHistory[Organization],
):
    """The admin of organizations; an organization's page shows counts with links to the lists.

    The mail domains take a permission of their own, which allows to change nothing else.
    """

    form = OrganizationForm
    list_display = ("name", "id", "created_at")
    list_filter = (OneOwnerFilter,)
    recorded_columns = ("done_at", "what", "whose", "by", "through", "why", "record")
    members = number_of("Members", lambda organization: organization.memberships.current())
    former_members = number_of(
        "Former members", lambda organization: organization.memberships.former(), state="former"
    )
    resources = number_of("Resources", lambda organization: organization.resources.all())
    resources_whose_owner_has_left = number_of(
        "Resources whose owner has left",
        lambda organization: organization.resources.whose_owner_has_left(),
        owner_has_left="yes",
    )
    numbers = ("members", "former_members", "resources", "resources_whose_owner_has_left")
    readonly_fields = ("id", "created_at", *numbers)

    def get_fields(self, request: HttpRequest, obj: Organization | None = None) -> tuple[str, ...]:
        domains = ("domains", "shared") if _may_change_domains(request) else ("domains",)
        if obj is None:
            owner = ("owner", "owner_name") if ADD.is_staffs(request.user) else ()
            return ("name", *owner, *domains)
        may_see = self.admin_site.get_model_admin(OffboardingStep).has_view_permission(request)
        steps = ("steps",) if may_see else ()
        return ("name", *domains, *steps, *self.readonly_fields)

    def get_form(
        self, request: HttpRequest, obj: Organization | None = None, *args: Any, **options: Any
    ) -> type[forms.ModelForm[Organization]]:
        if obj is not None or not ADD.is_staffs(request.user):
            return super().get_form(request, obj, *args, **options)
        form: Any = super().get_form(request, obj, *args, form=NewOrganizationForm, **options)
        form.may_add_accounts = request.user.has_perm("users.add_user")
        return cast("type[NewOrganizationForm]", form)

    def get_readonly_fields(
        self, request: HttpRequest, obj: Organization | None = None
    ) -> tuple[str, ...]:
        readonly = list(self.readonly_fields)
        if not _may_change_domains(request):
            readonly.append("domains")
        if obj:
            readonly.append("steps")
        if obj and not super().has_change_permission(request, obj):
            readonly.append("name")
        return tuple(readonly)

    def has_change_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        """Allow also those who change domains alone."""
        return _may_change_domains(request) or super().has_change_permission(request, obj)

    def object_tools(
        self, request: HttpRequest, row: Organization
    ) -> Iterator[tuple[str, str, bool]]:
        if ADD_STEP.is_staffs(request.user):
            address = reverse("admin:organizations_offboardingstep_add")
            yield f"{address}?organization={row.pk}", "Add an offboarding step", False

    def save_model(
        self, request: HttpRequest, obj: Organization, form: OrganizationForm, change: bool
    ) -> None:
        super().save_model(request, obj, form, change)
        if isinstance(form, NewOrganizationForm):
            add_owner(
                obj,
                email=form.cleaned_data["owner"],
                full_name=form.cleaned_data["owner_name"],
                caller=Staff.at(request),
            )
        if "domains" in form.changed_data:
            set_domains(obj.pk, form.cleaned_data["domains"], shared=form.cleaned_data["shared"])

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """Return what the admin's log says: each domain added or taken out, too."""
        message: Any = super().construct_change_message(request, form, formsets, add)
        if "domains" not in form.changed_data:
            return message
        after, before = set(form.cleaned_data["domains"]), set(form.before)
        for done, names in (("added", after - before), ("deleted", before - after)):
            message += [{done: {"name": "mail domain", "object": name}} for name in sorted(names)]
        return message

    def recorded(self, row: Organization) -> QuerySet[Event]:
        return row.events.all()

    def recorded_filters(self, row: Organization) -> dict[str, str]:
        return {"organization": row.pk}

    def deletion_obstacle(self, row: Organization) -> str:
        """Return why it cannot be deleted: it has history. One made by mistake has none."""
        if row.memberships.exists():
            return "It has members, or had some whose record stays."
        return "It has resources." if row.resources.exists() else ""

    def get_deleted_objects(
        self, objs: Sequence[Organization] | QuerySet[Organization], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[str], list[str]]:
        """Return what would be deleted; no permission is needed for the organization's parts."""
        to_delete, counts, _, protected = super().get_deleted_objects(objs, request)
        return to_delete, counts, set(), protected

    @admin.display(description="Mail domains")
    def domains(self, organization: Organization) -> str:
        return ", ".join(domains_of(organization.pk)) or "-"

    @admin.display(description="When somebody leaves")
    def steps(self, organization: Organization) -> str:
        return list_of_steps(organization)


def _may_change_domains(request: HttpRequest) -> bool:
    return request.user.has_perm("organizations.change_domains")
