"""Who belongs to an organization."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html

from config.admin.refused_changes import RefusedChanges
from config.identifiers import is_id
from organizations.admin.filters import OrganizationFilter
from organizations.admin.member_removal import MemberRemovalAdmin
from organizations.models import DepartmentMembership, Membership, RoleAssignment
from users.models import User


class StateFilter(admin.SimpleListFilter):
    """Members of today, unless former ones are asked for."""

    title = "state"
    parameter_name = "state"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Membership]
    ) -> list[tuple[str, str]]:
        """Return what can be asked for besides the default."""
        return [("former", "Former"), ("all", "All")]

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        """Call the default by its name."""
        first, *others = super().choices(changelist)
        yield {**first, "display": "Active"}
        yield from others

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Membership]
    ) -> QuerySet[Membership]:
        """Narrow the memberships to that state."""
        if self.value() == "former":
            return queryset & Membership.objects.former()
        return queryset if self.value() == "all" else queryset & Membership.objects.current()


Held = RoleAssignment | DepartmentMembership


class HeldFormSet(BaseInlineFormSet[Held, Membership, forms.ModelForm[Held]]):
    """What a member holds, in the organization of the membership."""

    def add_fields(self, form: forms.ModelForm[Held], index: int | None) -> None:
        """Name the box that takes something away, which has no label of its own."""
        super().add_fields(form, index)
        if "DELETE" in form.fields and form.instance.pk:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Take {form.instance}"

    def save_new(self, form: forms.ModelForm[Held], commit: bool = True) -> Held:
        """Save what is given to the member."""
        form.instance.organization = self.instance.organization
        return super().save_new(form, commit)


class HeldInline(admin.TabularInline[Held, Membership]):
    """What an active member holds, to give and to take."""

    formset = HeldFormSet
    extra = 0
    held: str

    def get_formset(
        self, request: HttpRequest, obj: Membership | None = None, **options: Any
    ) -> Any:
        """Offer only what the organization has."""

        def formfield(field: Any, **field_options: Any) -> forms.Field | None:
            if field.name == self.held and obj:
                field_options["queryset"] = field.related_model.objects.filter(
                    organization=obj.organization_id
                ).order_by("name")
            return self.formfield_for_dbfield(field, request, **field_options)

        return super().get_formset(request, obj, formfield_callback=formfield, **options)

    def has_add_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Only an active member can be given something."""
        return bool(obj and obj.is_current) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is held is given and taken, not changed."""
        return False


class RoleAssignmentInline(HeldInline):
    """The roles of a member."""

    model = RoleAssignment
    verbose_name_plural = "roles"
    held = "role"
    fields = ("role",)


class DepartmentMembershipInline(HeldInline):
    """The departments of a member."""

    model = DepartmentMembership
    verbose_name_plural = "departments"
    held = "department"
    fields = ("department",)


@admin.register(Membership)
class MembershipAdmin(RefusedChanges, MemberRemovalAdmin):
    """A member: who, where, with what, since when, and the removal that ended it."""

    list_display = (
        "user",
        "organization",
        "role_names",
        "department_names",
        "created_at",
        "deleted_at",
    )
    list_filter = (StateFilter, OrganizationFilter)
    list_select_related = ("user", "organization")
    autocomplete_fields = ("organization", "user")
    search_fields = ("user__email",)
    search_help_text = (
        "A name, how an e-mail address begins, or an id of a user or an organization."
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        """Return memberships with what the list shows of them."""
        return (
            super()
            .get_queryset(request)
            .prefetch_related("role_assignments__role", "department_memberships__department")
        )

    def find(self, queryset: QuerySet[Membership], term: str) -> QuerySet[Membership]:
        """Find members by who they are, or all of one organization."""
        if is_id("org", term):
            return queryset.filter(organization=term)
        return queryset.filter(user__in=User.objects.matching(term))

    def get_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[Any]:
        """Return what belongs to a new member, an active one, and a former one."""
        if obj is None:
            return ["organization", "user"]
        ended = [] if obj.is_current else ["deleted_at", "record"]
        return ["organization", "user", "created_at", *ended]

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> list[Any]:
        """A membership is of one person in one organization for good."""
        return self.get_fields(request, obj) if obj else []

    def get_inlines(self, request: HttpRequest, obj: Membership | None) -> list[Any]:
        """Roles and departments are given once somebody is a member."""
        return [RoleAssignmentInline, DepartmentMembershipInline] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """A membership ends by a removal; it is not deleted."""
        return False

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **options: Any
    ) -> HttpResponse:
        """Offer the removal of an active member."""
        member: Membership | None = context.get("original")
        context["can_be_removed"] = bool(
            member and member.is_current and self.has_remove_permission(request)
        )
        return super().render_change_form(request, context, *args, **options)

    @admin.display(description="Roles")
    def role_names(self, membership: Membership) -> str:
        """Name the roles."""
        return ", ".join(sorted(a.role.name for a in membership.role_assignments.all()))

    @admin.display(description="Departments")
    def department_names(self, membership: Membership) -> str:
        """Name the departments."""
        return ", ".join(sorted(d.department.name for d in membership.department_memberships.all()))

    @admin.display(description="Record of the removal")
    def record(self, membership: Membership) -> str:
        """Lead to who ended it, and what it took."""
        address = reverse("admin:organizations_removal_change", args=[membership.removal.pk])
        return format_html('<a href="{}">{}</a>', address, membership.removal.pk)
