"""Forms of confirmation pages: who takes over, why, and when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin import AdminSite
from django.contrib.admin.widgets import (
    AdminTextareaWidget,
    AutocompleteMixin,
    AutocompleteSelect,
    AutocompleteSelectMultiple,
)
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms.boundfield import BoundField

from config.admin.times import zone_in_use
from organizations.guards.caller import LONGEST_REASON
from organizations.guards.transfer_targets import MOST_TARGETS, Targets
from organizations.models import Department, Membership, Organization, Removal, Resource
from organizations.schedule.dates import problem_of
from users.models import User


class OfOrganization(AutocompleteMixin):
    """Searches the rows of one organization."""

    def __init__(self, field: Any, organization: Organization, admin_site: AdminSite) -> None:
        self.organization = organization
        super().__init__(field, admin_site)

    def get_url(self) -> str:
        """Return the search's address; the searched model's admin reads ``organization``."""
        return f"{super().get_url()}?organization={self.organization.pk}"


class SelectOfOrganization(OfOrganization, AutocompleteSelect):
    """A select that searches the rows of one organization."""


class SelectSeveralOfOrganization(OfOrganization, AutocompleteSelectMultiple):
    """A select of several rows of one organization, which searches them."""


def offer_departments_of(
    organization: Organization,
    form: type[forms.ModelForm[Any]],
    *names: str,
    admin_site: AdminSite,
) -> None:
    """Let these fields of a form, where it has them, offer the departments of one organization."""
    for name in names:
        field = form.base_fields.get(name)
        if isinstance(field, forms.ModelChoiceField):
            source = form._meta.model._meta.get_field(name)
            field.widget = SelectOfOrganization(source, organization, admin_site)
            field.queryset = Department.objects.filter(organization=organization)


class ReasonForm(forms.Form):
    """The reason for an action."""

    reason = forms.CharField(
        required=False,
        max_length=LONGEST_REASON,
        widget=AdminTextareaWidget({"rows": 3}),
        help_text="Optional. It stays on the record.",
    )


class TargetsForm(ReasonForm):
    """For each organization, optional targets of what passes on; and the reason.

    A target is a department or a person: one for everything, and one for each of ``types``, the
    types of what those selected own, by organization. The memberships with the ids ``leaving``
    cannot take over, since the action is about them.
    """

    department_help = "Takes over what they own. Without it, and without a person, it stays theirs."
    person_help = "An active member who takes over instead of a department."

    def __init__(
        self,
        types: Mapping[Organization, Sequence[str]],
        admin_site: AdminSite,
        data: Any = None,
        *,
        leaving: Iterable[int | str] = (),
    ) -> None:
        super().__init__(data)
        self.types = {organization: names[:MOST_TARGETS] for organization, names in types.items()}
        staying = Membership.objects.active().exclude(pk__in=leaving).select_related("user")
        for organization, names in self.types.items():
            for type_name in (None, *names):
                self._add_fields(organization, type_name, staying, admin_site)
        self.order_fields([name for name in self.fields if name != "reason"])

    def _add_fields(
        self,
        organization: Organization,
        type_name: str | None,
        staying: QuerySet[Membership],
        admin_site: AdminSite,
    ) -> None:
        department, person = self._names(organization, type_name)
        of = f"Department for {type_name}" if type_name else f"Department of {organization}"
        self.fields[department] = forms.ModelChoiceField(
            Department.objects.filter(organization=organization),
            required=False,
            label=of,
            widget=SelectOfOrganization(
                Resource._meta.get_field("department"), organization, admin_site
            ),
            help_text="" if type_name else self.department_help,
        )
        or_person = f"for {type_name}" if type_name else f"in {organization}"
        self.fields[person] = forms.ModelChoiceField(
            staying.filter(organization=organization),
            required=False,
            label=f"Or a person {or_person}",
            widget=SelectOfOrganization(
                Removal._meta.get_field("membership"), organization, admin_site
            ),
            help_text="" if type_name else self.person_help,
            error_messages={"invalid_choice": "Choose an active member who stays."},
        )

    @staticmethod
    def _names(organization: Organization, type_name: str | None = None) -> tuple[str, str]:
        of_type = f"_for_{type_name}" if type_name else ""
        return f"department_of_{organization.pk}{of_type}", f"person_of_{organization.pk}{of_type}"

    def clean(self) -> dict[str, Any] | None:
        """Refuse a department and a person together for one organization, or one type in it."""
        cleaned = super().clean()
        for organization, names in self.types.items():
            for type_name in (None, *names):
                department, person = self._names(organization, type_name)
                if self.cleaned_data.get(department) and self.cleaned_data.get(person):
                    self.add_error(person, "Choose either a department or a person.")
        return cleaned

    def target_fields(
        self, organization: Organization, type_name: str | None = None
    ) -> list[BoundField]:
        """Return the two fields of an organization, or of a type in it, if the form has them."""
        return [self[name] for name in self._names(organization, type_name) if name in self.fields]

    def type_fields(self, organization: Organization) -> list[BoundField]:
        """Return the fields of the types in an organization; none for a single type."""
        types = self.types.get(organization, ())
        if len(types) < 2:  # the target for everything is enough
            return []
        return [field for name in types for field in self.target_fields(organization, name)]

    def target_of(
        self, organization: Organization, type_name: str | None = None
    ) -> Department | User | None:
        """Return the department or user chosen to take over everything, or a type, or None."""
        department_name, person_name = self._names(organization, type_name)
        department: Department | None = self.cleaned_data.get(department_name)
        member: Membership | None = self.cleaned_data.get(person_name)
        return member.user if member else department

    def targets_of(self, organization: Organization) -> Targets:
        default = self.target_of(organization)
        by_type = {
            name: target.pk
            for name in self.types[organization]
            if (target := self.target_of(organization, name))
        }
        return Targets(default.pk if default else None, by_type)


class RemovalForm(TargetsForm):
    """The form of a removal: who takes over, why, and when."""

    remove_at = forms.DateTimeField(
        required=False,
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text=(
            "Only to schedule it: it is decided then whether they can go and whether you may remove"
            " them. They are not told, but webhook endpoints of the organization are, at once."
        ),
    )
    # The buttons tell no date from a half-typed one, which a browser sends as none.
    on_date = forms.BooleanField(required=False)
    now = forms.BooleanField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["remove_at"].label = f"On a date ({zone_in_use()})"

    def clean_remove_at(self) -> datetime | None:
        moment: datetime | None = self.cleaned_data["remove_at"]
        if moment and (problem := problem_of(moment)):
            raise ValidationError(problem)
        return moment

    def clean(self) -> dict[str, Any] | None:
        """Refuse a date with the button to remove now, and no date with the button to schedule."""
        cleaned = super().clean()
        if "remove_at" not in self.errors:
            has_date = bool(self.cleaned_data["remove_at"])
            if self.cleaned_data["on_date"] and not has_date:
                self.add_error("remove_at", "Enter a date and a time, or remove them now.")
            if self.cleaned_data["now"] and has_date:
                self.add_error("remove_at", "Empty it to remove them now, or schedule it.")
        return cleaned


class TransferForm(TargetsForm):
    """For each organization, the targets of what passes on, one of which is required."""

    department_help = "Takes them over."

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        for organization in self.types:
            fields = [*self.target_fields(organization), *self.type_fields(organization)]
            if not any(self.cleaned_data.get(field.name) or field.errors for field in fields):
                self.add_error(fields[0].name, "Choose a department or a person.")
        return cleaned
