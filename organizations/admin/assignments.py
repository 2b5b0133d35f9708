"""The pages on which staff add members and change their roles and departments, by the service."""

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from config.admin.sessions import require_staff_again
from organizations.admin.forms import ReasonForm, SelectSeveralOfOrganization
from organizations.admin.organization_choice import OrganizationFirst, organization_of
from organizations.assignment.service import add_member, assign
from organizations.guards.acts import ADD
from organizations.guards.caller import Staff
from organizations.locks import lock_members
from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    Role,
    RoleAssignment,
)
from users.login import staff_of
from users.models import User

Assignment = RoleAssignment | DepartmentMembership

MOST_ADDED = 50  # roles, or departments, per page
CHOICES: dict[str, type[Assignment]] = {
    "roles": RoleAssignment,
    "departments": DepartmentMembership,
}


class AssignmentFormSet(BaseInlineFormSet[Assignment, Membership, forms.ModelForm[Assignment]]):
    """The roles or departments of a member."""

    def add_fields(self, form: forms.ModelForm[Assignment], index: int | None) -> None:
        """Add a label to the checkbox that takes a role or department away; Django adds none."""
        super().add_fields(form, index)
        if "DELETE" in form.fields and form.instance.pk:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Take {form.instance}"

    def clean(self) -> None:
        """Refuse a page with assignments that were deleted meanwhile. Raises ValidationError."""
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms):
            raise ValidationError(
                "Somebody has taken some of these from the member meanwhile. Open the page again."
            )

    def wanted(self) -> set[str] | None:
        """Return the ids of all that the member will have, or None if nothing changes.

        An assignment that was added after the page was opened stays.
        """
        self.save(commit=False)  # saves nothing; it fills new_objects and deleted_objects
        if not self.new_objects and not self.deleted_objects:
            return None
        # Not the formset's own, which are none for a user who may give but not view them.
        rows = self.model._default_manager.filter(membership=self.instance)
        assigned = set(map(_assigned_id, rows))
        removed = set(map(_assigned_id, self.deleted_objects))
        return (assigned - removed) | set(map(_assigned_id, self.new_objects))

    def is_permitted(self, user: User) -> bool:
        """Return whether the user may do what `wanted` found."""
        done = {"add": self.new_objects, "delete": self.deleted_objects}
        return all(_may(user, verb, self.model) for verb, rows in done.items() if rows)


def _assigned_id(row: Assignment) -> str:
    return row.role_id if isinstance(row, RoleAssignment) else row.department_id


def _ids_in(form: forms.ModelForm[Membership], name: str) -> list[str]:
    """Return the ids that are chosen in a field; none if the form lacks the field."""
    return [row.pk for row in form.cleaned_data.get(name, ())]


class AssignmentInline(admin.TabularInline[Assignment, Membership]):
    """The inline in which staff add and delete assignments of a member."""

    formset = AssignmentFormSet
    extra = 0
    assigned: str  # the field that names the role or department

    def get_formset(
        self, request: HttpRequest, obj: Membership | None = None, **options: Any
    ) -> Any:

        def formfield(field: Any, **field_options: Any) -> forms.Field | None:
            if field.name == self.assigned and obj:
                field_options["queryset"] = field.related_model.objects.filter(
                    organization=obj.organization_id
                ).order_by("name")
            return self.formfield_for_dbfield(field, request, **field_options)

        # Each form queries its choices, and Django makes as many as the page claims, up to 2,000.
        held = self.model._default_manager.filter(membership=obj).count() if obj else 0
        options |= {"max_num": held + MOST_ADDED, "absolute_max": held + MOST_ADDED}
        return super().get_formset(request, obj, formfield_callback=formfield, **options)

    def has_add_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        return bool(obj and obj.is_current) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Forbid changes: an assignment is added or deleted."""
        return False


class RoleAssignmentInline(AssignmentInline):
    """The roles of a member."""

    model = RoleAssignment
    verbose_name, verbose_name_plural = "role", "roles"
    assigned = "role"
    fields = ("role",)


class DepartmentMembershipInline(AssignmentInline):
    """The departments of a member."""

    model = DepartmentMembership
    verbose_name, verbose_name_plural = "department", "departments"
    assigned = "department"
    fields = ("department",)


class MembershipForm(ReasonForm, forms.ModelForm[Membership]):
    """The form of a member, with the reason for adding or changing them."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].label = "Reason for this change"


class NewMemberForm(MembershipForm):
    """Who is added, with which roles and departments of the organization.

    The admin sets the organization, which is fixed; without one, the fields offer no rows.
    """

    admin_site: ClassVar[admin.AdminSite]
    chosen: ClassVar[Organization | None]

    roles = forms.ModelMultipleChoiceField(Role.objects.none(), required=False)
    departments = forms.ModelMultipleChoiceField(Department.objects.none(), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if (organization := self.chosen) is None:
            return
        self.initial["organization"] = organization.pk
        self.fields["organization"].disabled = True
        self._offer("roles", organization.roles.order_by("name"), forms.CheckboxSelectMultiple())
        department = DepartmentMembership._meta.get_field("department")
        search = SelectSeveralOfOrganization(department, organization, self.admin_site)
        self._offer("departments", organization.departments.all(), search)

    def _offer(self, name: str, rows: QuerySet[Any], widget: forms.Widget) -> None:
        """Offer these rows in a field, which the form has if the user may assign them."""
        if name in self.fields:
            self.fields[name] = forms.ModelMultipleChoiceField(rows, required=False, widget=widget)


class AssignmentAdmin(OrganizationFirst[Membership]):
    """The part of the membership's admin that adds members and saves their assignments."""

    form = MembershipForm
    organization_question = "Add a member to which organization?"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ADD.is_staffs(request.user)

    def get_form(
        self, request: HttpRequest, obj: Membership | None = None, *args: Any, **options: Any
    ) -> type[forms.ModelForm[Membership]]:
        if obj is not None:
            return super().get_form(request, obj, *args, **options)
        form: Any = super().get_form(request, obj, *args, form=NewMemberForm, **options)
        form.admin_site, form.chosen = self.admin_site, organization_of(request)
        return cast("type[NewMemberForm]", form)

    def save_model(
        self,
        request: HttpRequest,
        obj: Membership,
        form: MembershipForm,
        change: bool,
    ) -> None:
        """Add a new member; an existing one is not saved, since only assignments change."""
        if not change:
            added = add_member(
                obj.organization_id,
                obj.user_id,
                role_ids=_ids_in(form, "roles"),
                department_ids=_ids_in(form, "departments"),
                caller=Staff.at(request, reason=form.cleaned_data["reason"]),
            )
            require_staff_again(request)  # behind the service's locks
            if any(_ids_in(form, name) for name in CHOICES if name not in choices_of(request)):
                raise PermissionDenied
            obj.pk = added.pk
            obj.refresh_from_db()

    def save_related(
        self,
        request: HttpRequest,
        form: MembershipForm,
        formsets: Sequence[AssignmentFormSet],
        change: bool,
    ) -> None:
        """Apply the additions and deletions of the page to the member's current assignments."""
        member = form.instance
        caller = Staff.at(request, reason=form.cleaned_data["reason"])
        lock_members(member.organization_id, [member.user_id], caller=caller)
        wanted = {formset.model: formset.wanted() for formset in formsets}
        require_staff_again(request)
        if not all(formset.is_permitted(staff_of(request)) for formset in formsets):
            raise PermissionDenied
        if any(ids is not None for ids in wanted.values()):
            assign(
                member.organization_id,
                member.user_id,
                role_ids=wanted.get(RoleAssignment),
                department_ids=wanted.get(DepartmentMembership),
                caller=caller,
            )


def choices_of(request: HttpRequest) -> list[str]:
    """Return which of roles and departments the user may assign."""
    return [name for name, model in CHOICES.items() if _may(staff_of(request), "add", model)]


def _may(user: User, verb: str, model: type[Assignment]) -> bool:
    return user.has_perm(f"organizations.{verb}_{model._meta.model_name}")
