"""The form with which staff add a member, once they have said to which organization."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from organizations.admin.forms import ReasonForm, SelectSeveralOfOrganization
from organizations.models import (
    Department,
    DepartmentMembership,
    Membership,
    Organization,
    Role,
    RoleAssignment,
)


class NewMemberForm(ReasonForm, forms.ModelForm[Membership]):
    """Who is added, with which roles and departments of the organization.

    The admin sets the organization, which is fixed then; without one, nothing of it can be chosen.
    """

    admin_site: ClassVar[admin.AdminSite]
    chosen: ClassVar[Organization | None]

    roles = forms.ModelMultipleChoiceField(Role.objects.none(), required=False)
    departments = forms.ModelMultipleChoiceField(Department.objects.none(), required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["reason"].label = "Reason for this change"
        if (organization := self.chosen) is None:
            return
        self.initial["organization"] = organization.pk
        self.fields["organization"].disabled = True
        self._offer("roles", organization.roles.order_by("name"), forms.CheckboxSelectMultiple())
        department = DepartmentMembership._meta.get_field("department")
        search = SelectSeveralOfOrganization(department, organization, self.admin_site)
        self._offer("departments", organization.departments.all(), search)

    def _offer(self, name: str, rows: QuerySet[Any], widget: forms.Widget) -> None:
        """Offer these rows in a field, if the form has it: it has those that may be given."""
        if name in self.fields:
            self.fields[name] = forms.ModelMultipleChoiceField(rows, required=False, widget=widget)


def choices_of(request: HttpRequest) -> list[str]:
    """Return which of roles and departments the reader may give to a member."""
    return [
        name
        for name, model in (("roles", RoleAssignment), ("departments", DepartmentMembership))
        if request.user.has_perm(f"organizations.add_{model._meta.model_name}")
    ]
