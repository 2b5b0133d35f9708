"""The roles and departments of a member, to give and to take on the member's page."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest

from organizations.models import DepartmentMembership, Membership, RoleAssignment

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

    def save_new(self, form: forms.ModelForm[Assignment], commit: bool = True) -> Assignment:
        """Save what is given to the member."""
        form.instance.organization = self.instance.organization
        return super().save_new(form, commit)


class AssignmentInline(admin.TabularInline[Assignment, Membership]):
    """What an active member holds, to give and to take."""

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
        """Only an active member can be given something."""
        return bool(obj and obj.is_current) and super().has_add_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is held is given and taken, not changed."""
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
