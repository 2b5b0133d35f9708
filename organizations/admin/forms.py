"""Forms that staff fill in before an action on members: who takes over, why, and when."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import AdminTextareaWidget, AutocompleteSelect
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from organizations.guards.caller import LONGEST_REASON
from organizations.models import Department, Membership, Organization, Removal, Resource
from organizations.schedule.dates import problem_of
from users.models import User


class SelectOfOrganization(AutocompleteSelect):
    """A select that searches the rows of one organization."""

    def __init__(self, field: Any, organization: Organization, admin_site: AdminSite) -> None:
        self.organization = organization
        super().__init__(field, admin_site)

    def get_url(self) -> str:
        """Return the search's address; the searched model's admin reads ``organization``."""
        return f"{super().get_url()}?organization={self.organization.pk}"


class ReasonForm(forms.Form):
    """The reason for an action."""

    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Optional. It stays on the record.",
    )


class TargetsForm(ReasonForm):
    """For each organization, an optional department or person that takes over; and the reason.

    ``leaving`` are the ids of the memberships that the action is about, which cannot take over.
    """

    department_help = "Takes over what they own. Without it, and without a person, it stays theirs."
    person_help = "An active member who takes over instead of a department."

    def __init__(
        self,
        organizations: Iterable[Organization],
        admin_site: AdminSite,
        data: Any = None,
        *,
        leaving: Iterable[int | str] = (),
    ) -> None:
        super().__init__(data)
        self.organizations = list(organizations)
        staying = Membership.objects.active().exclude(pk__in=leaving).select_related("user")
        for organization in self.organizations:
            self.fields[self._department(organization)] = forms.ModelChoiceField(
                Department.objects.filter(organization=organization),
                required=False,
                label=f"Department of {organization}",
                widget=SelectOfOrganization(
                    Resource._meta.get_field("department"), organization, admin_site
                ),
                help_text=self.department_help,
            )
            self.fields[self._person(organization)] = forms.ModelChoiceField(
                staying.filter(organization=organization),
                required=False,
                label=f"Or a person in {organization}",
                widget=SelectOfOrganization(
                    Removal._meta.get_field("membership"), organization, admin_site
                ),
                help_text=self.person_help,
                error_messages={"invalid_choice": "Choose an active member who stays."},
            )
        self.order_fields([name for name in self.fields if name != "reason"])

    @staticmethod
    def _department(organization: Organization) -> str:
        return f"department_of_{organization.pk}"

    @staticmethod
    def _person(organization: Organization) -> str:
        return f"person_of_{organization.pk}"

    def clean(self) -> dict[str, Any] | None:
        """Refuse a department and a person together for one organization."""
        cleaned = super().clean()
        for organization in self.organizations:
            names = self._department(organization), self._person(organization)
            if all(self.cleaned_data.get(name) for name in names):
                self.add_error(names[1], "Choose either a department or a person.")
        return cleaned

    def target_fields(self, organization: Organization) -> list[BoundField]:
        """Return the two fields of an organization; none where nobody can take over."""
        names = self._department(organization), self._person(organization)
        return [self[name] for name in names if name in self.fields]

    def target_of(self, organization: Organization) -> Department | User | None:
        """Return the department or user chosen to take over in an organization, or None."""
        department: Department | None = self.cleaned_data[self._department(organization)]
        member: Membership | None = self.cleaned_data[self._person(organization)]
        return member.user if member else department

    def target_id_of(self, organization: Organization) -> str | None:
        """Return the id of the department or user chosen to take over, or None."""
        target = self.target_of(organization)
        return target.pk if target else None


class RemovalForm(TargetsForm):
    """The form of a removal: who takes over, why, and when."""

    remove_at = forms.DateTimeField(
        required=False,
        label="On a date (UTC)",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=(
            "Only to schedule it: it is decided then whether they can go and whether you may remove"
            " them. They are not told, but webhook endpoints of the organization are, at once."
        ),
    )
    # The buttons: a browser sends a date that is half typed as none.
    on_date = forms.BooleanField(required=False)
    now = forms.BooleanField(required=False)

    def clean_remove_at(self) -> datetime | None:
        """Refuse a time in the past or more than a year ahead."""
        moment: datetime | None = self.cleaned_data["remove_at"]
        if moment and (problem := problem_of(moment)):
            raise ValidationError(problem)
        return moment

    def clean(self) -> dict[str, Any] | None:
        """Refuse a date where it is to be now, and none where it is to be on a date."""
        cleaned = super().clean()
        if "remove_at" not in self.errors:
            has_date = bool(self.cleaned_data["remove_at"])
            if self.cleaned_data["on_date"] and not has_date:
                self.add_error("remove_at", "Enter a date and a time, or remove them now.")
            if self.cleaned_data["now"] and has_date:
                self.add_error("remove_at", "Empty it to remove them now, or schedule it.")
        return cleaned


class TransferForm(TargetsForm):
    """For each organization, a department or person that takes over, one of which is required."""

    department_help = "Takes them over."

    def clean(self) -> dict[str, Any] | None:
        """Require one of the two for each organization."""
        cleaned = super().clean()
        for organization in self.organizations:
            names = self._department(organization), self._person(organization)
            if not any(self.cleaned_data.get(name) or name in self.errors for name in names):
                self.add_error(names[0], "Choose a department or a person.")
        return cleaned
