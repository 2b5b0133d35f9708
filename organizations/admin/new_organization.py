"""The form with which staff make an organization and its owner."""

from typing import ClassVar

from django import forms
from django.contrib.admin.widgets import AdminEmailInputWidget, AdminTextInputWidget
from django.core.exceptions import ValidationError

from config.characters import clean
from organizations.admin.domains import OrganizationForm
from organizations.assignment.owner import require_able_to_own
from users.email_address import EmailAddressFormField
from users.models import User


class NewOrganizationForm(OrganizationForm):
    """The form of an organization that is made, which asks who owns it."""

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
        """Refuse a disabled account, and a new one where whoever asks may not make any."""
        address: str = self.cleaned_data["owner"]
        if account := User.objects.filter(email=address).first():
            require_able_to_own(account)
        elif not self.may_add_accounts:
            raise ValidationError("There is no such account, and you may not make one.")
        return address

    def clean_owner_name(self) -> str:
        return clean(self.cleaned_data["owner_name"])
