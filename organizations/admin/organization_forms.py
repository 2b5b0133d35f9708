"""The forms of an organization: its name and mail domains, and of a new one its owner."""

import re
from collections.abc import Collection
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.widgets import (
    AdminEmailInputWidget,
    AdminTextareaWidget,
    AdminTextInputWidget,
)
from django.core.exceptions import ValidationError

from config.admin.stale_forms import NoLostUpdates
from config.characters import clean
from organizations.assignment.owner import require_able_to_own
from organizations.domains.names import canonical_domain, validate_domains
from organizations.domains.service import domains_of, holders_of
from organizations.models import Organization
from users.email_address import EmailAddressFormField
from users.models import User

LONGEST_TEXT = 100_000  # characters, some thousands of domains: parsing each takes a moment


class DomainsField(forms.Field):
    """A text field for domains, one a line or between commas; its value is a sorted list."""

    widget = AdminTextareaWidget({"rows": 4})

    def to_python(self, value: object) -> list[str]:
        """Return the domains, canonical. Raises ValidationError for too long a text."""
        text = str(value or "")
        if len(text) > LONGEST_TEXT:
            raise ValidationError(f"This is longer than {LONGEST_TEXT:,} characters.")
        names = re.split(r"[\s,;]+", text)
        return sorted({canonical_domain(name) for name in names if name})

    def prepare_value(self, value: Any) -> Any:
        """Return a list as text; what was typed stays as it is."""
        return "\n".join(value) if isinstance(value, list) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return self.to_python(data) != (initial or [])
        except ValidationError:
            return True


class OrganizationForm(NoLostUpdates[Organization]):
    """The form of an organization, with its mail domains.

    For each typed domain that another organization has, a box appears that must be ticked.
    """

    domains = DomainsField(
        required=False,
        label="Mail domains",
        help_text=(
            "One per line. The organization's directory makes and finds accounts of these domains"
            " alone, and renames only within them; without one, it can add nobody. What follows the"
            " @ is compared whole: example.com is not eu.example.com. Taking one out changes no"
            " member."
        ),
    )
    shared = forms.MultipleChoiceField(
        required=False, label="Shared domains", widget=forms.MultipleHiddenInput
    )

    class Meta:
        model = Organization
        fields = ("name",)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.before = domains_of(self.instance.pk) if self.instance.pk else []
        self.initial["domains"] = self.before
        self.held_elsewhere: dict[str, list[str]] = {}
        if self.is_bound and "domains" in self.fields:
            self._offer_to_share()

    def _offer_to_share(self) -> None:
        """Show a box for each domain that was typed and that another organization has."""
        try:
            typed = DomainsField().to_python(self.data.get(self.add_prefix("domains")))
        except ValidationError:
            return  # the field says so
        added = set(typed).difference(self.before)
        self.held_elsewhere = holders_of(added, besides=self.instance.pk)
        if self.held_elsewhere:
            shared = forms.MultipleChoiceField(
                label=self.fields["shared"].label,
                widget=forms.CheckboxSelectMultiple,
                choices=[
                    (name, f"{name} is a domain of {' and '.join(holders)} already: share it")
                    for name, holders in self.held_elsewhere.items()
                ],
                required=False,
                help_text=(
                    "The directory of each can then make accounts of it, and rename those that it"
                    " made."
                ),
            )
            self.fields["shared"] = shared

    def clean_domains(self) -> list[str]:
        """Refuse public domains. Raises ValidationError."""
        domains: list[str] = self.cleaned_data["domains"]
        validate_domains(set(domains).difference(self.before))
        return domains

    def clean_shared(self) -> Collection[str]:
        """Refuse a domain of another organization whose box is not ticked."""
        shared: list[str] = self.cleaned_data["shared"]
        if not set(self.held_elsewhere) <= set(shared):
            raise ValidationError("Tick what is to be shared, or leave the domain out.")
        return shared


class NewOrganizationForm(OrganizationForm):
    """The form of a new organization, which also asks for its owner."""

    may_add_accounts: ClassVar[bool] = False

    owner = EmailAddressFormField(
        max_length=254,
        label="Owner's e-mail address",
        widget=AdminEmailInputWidget,
        help_text="Without an account there, one is made.",
    )
    owner_name = forms.CharField(
        required=False,
        max_length=200,
        label="Owner's name",
        widget=AdminTextInputWidget,
        help_text="For an account that is made; one that is there keeps its name.",
    )

    def clean_owner(self) -> str:
        """Refuse a disabled account, and a new one if the user may not add accounts."""
        address: str = self.cleaned_data["owner"]
        if account := User.objects.filter(email=address).first():
            require_able_to_own(account)
        elif not self.may_add_accounts:
            raise ValidationError("There is no such account, and you may not make one.")
        return address

    def clean_owner_name(self) -> str:
        return clean(self.cleaned_data["owner_name"])
