"""What staff decide before a removal: a department for each organization, and a reason."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteSelect
from django.forms.boundfield import BoundField

from organizations.models import Department, Organization, Resource


class DepartmentSelect(AutocompleteSelect):
    """Searches the departments of one organization."""

    def __init__(self, organization: Organization, admin_site: AdminSite) -> None:
        self.organization = organization
        super().__init__(Resource._meta.get_field("department"), admin_site)

    def get_url(self) -> str:
        """Return where to search; DepartmentAdmin understands the parameter."""
        return f"{super().get_url()}?organization={self.organization.pk}"


class DepartmentsForm(forms.Form):
    """A department for each of some organizations."""

    required_department = True
    department_help = ""

    def __init__(
        self,
        organizations: Iterable[Organization],
        admin_site: AdminSite,
        data: Any = None,
    ) -> None:
        super().__init__(data)
        departments: dict[str, forms.Field] = {
            self._name(organization): forms.ModelChoiceField(
                Department.objects.filter(organization=organization),
                required=self.required_department,
                label=f"Department of {organization}",
                widget=DepartmentSelect(organization, admin_site),
                help_text=self.department_help,
            )
            for organization in organizations
        }
        self.fields |= departments
        self.order_fields(list(departments))

    @staticmethod
    def _name(organization: Organization) -> str:
        return f"department_of_{organization.pk}"

    def department_field(self, organization: Organization) -> BoundField:
        """Return the field of an organization, to show it."""
        return self[self._name(organization)]

    def department_of(self, organization: Organization) -> Department | None:
        """Return the department that was chosen for an organization."""
        department: Department | None = self.cleaned_data[self._name(organization)]
        return department


class TransferForm(DepartmentsForm):
    """Where the resources of somebody who has left go, and why."""

    reason = forms.CharField(
        required=False,
        max_length=2000,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Optional. It stays on the record.",
    )


class RemovalForm(TransferForm):
    """Where the resources of those who leave go, if anywhere, and why they leave."""

    required_department = False
    department_help = (
        "Takes over the resources of those who leave. Without one, the resources stay theirs."
    )
