"""Adding a member, and giving and taking roles and departments on the member's page.

What staff enter goes to the service of assignments, which saves it; no row is saved here.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from config.admin.site import staff_of
from config.trace import trace_id_of
from organizations.admin.forms import ReasonForm
from organizations.admin.member_actions import MemberActionAdmin
from organizations.assignment.service import add_member, assign
from organizations.capabilities import ALL_CAPABILITIES
from organizations.locks import lock_members
from organizations.models import DepartmentMembership, Membership, RoleAssignment, Source

Assignment = RoleAssignment | DepartmentMembership


class AssignmentFormSet(BaseInlineFormSet[Assignment, Membership, forms.ModelForm[Assignment]]):
    """What a member holds, in the organization of the membership."""

    def add_fields(self, form: forms.ModelForm[Assignment], index: int | None) -> None:
        """Name the box that takes something away, which has no label of its own."""
        super().add_fields(form, index)
        if "DELETE" in form.fields and form.instance.pk:
            form.fields["DELETE"].widget.attrs["aria-label"] = f"Take {form.instance}"

    def clean(self) -> None:
        """Refuse a page that shows what was taken from the member meanwhile."""
        super().clean()
        if any(form.instance.pk is None for form in self.initial_forms):
            raise ValidationError(
                "Somebody has taken some of these from the member meanwhile. Open the page again."
            )

    def wanted(self) -> set[str] | None:
        """Return the ids of all that the member is to hold, or None where nothing changes.

        What the page did not show, since somebody gave it meanwhile, stays.
        """
        self.save(commit=False)  # which saves nothing, and sorts what is given from what is taken
        if not self.new_objects and not self.deleted_objects:
            return None
        assigned = set(map(_assigned_id, self.get_queryset().all()))
        removed = set(map(_assigned_id, self.deleted_objects))
        return (assigned - removed) | set(map(_assigned_id, self.new_objects))


def _assigned_id(row: Assignment) -> str:
    """Return the id of the role or department."""
    return row.role_id if isinstance(row, RoleAssignment) else row.department_id


class AssignmentInline(admin.TabularInline[Assignment, Membership]):
    """What a member holds, to give and to take."""

    formset = AssignmentFormSet
    extra = 0
    assigned: str  # the field

    def get_formset(
        self, request: HttpRequest, obj: Membership | None = None, **options: Any
    ) -> Any:
        """Offer only what the organization has."""

        def formfield(field: Any, **field_options: Any) -> forms.Field | None:
            if field.name == self.assigned and obj:
                field_options["queryset"] = field.related_model.objects.filter(
                    organization=obj.organization_id
                ).order_by("name")
            return self.formfield_for_dbfield(field, request, **field_options)

        return super().get_formset(request, obj, formfield_callback=formfield, **options)

    def has_add_permission(self, request: HttpRequest, obj: Membership | None = None) -> bool:
        """Only a member can be given something."""
        return bool(obj and obj.is_current) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An assignment is given or taken, and never changed."""
        return False


class RoleAssignmentInline(AssignmentInline):
    """The roles of a member."""

    model = RoleAssignment
    verbose_name_plural = "roles"
    assigned = "role"
    fields = ("role",)


class DepartmentMembershipInline(AssignmentInline):
    """The departments of a member."""

    model = DepartmentMembership
    verbose_name_plural = "departments"
    assigned = "department"
    fields = ("department",)


class MembershipForm(ReasonForm, forms.ModelForm[Membership]):
    """A member, and why they are added or changed."""


class AssignmentAdmin(MemberActionAdmin):
    """The part of the membership's admin that adds members and saves what they are to hold."""

    form = MembershipForm

    def save_model(
        self, request: HttpRequest, obj: Membership, form: MembershipForm, change: bool
    ) -> None:
        """Add a new member; of one who is there, nothing but what they hold changes."""
        if not change:
            added = add_member(
                obj.organization_id,
                obj.user_id,
                actor=staff_of(request),
                source=Source.ADMIN,
                authority=ALL_CAPABILITIES,
                may_give_owner=True,
                reason=form.cleaned_data["reason"],
                trace_id=trace_id_of(request),
            )
            obj.pk = added.pk
            obj.refresh_from_db()

    def save_related(
        self,
        request: HttpRequest,
        form: MembershipForm,
        formsets: Sequence[AssignmentFormSet],
        change: bool,
    ) -> None:
        """Give and take what the page says, of what the member holds by now."""
        member = form.instance
        lock_members(member.organization_id, [member.user_id])
        wanted = {formset.model: formset.wanted() for formset in formsets}
        if any(ids is not None for ids in wanted.values()):
            assign(
                member.organization_id,
                member.user_id,
                role_ids=wanted.get(RoleAssignment),
                department_ids=wanted.get(DepartmentMembership),
                actor=staff_of(request),
                source=Source.ADMIN,
                authority=ALL_CAPABILITIES,
                may_give_owner=True,
                reason=form.cleaned_data["reason"],
                trace_id=trace_id_of(request),
            )
