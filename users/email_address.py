"""One mailbox, one account: the one form in which an e-mail address is stored and looked for."""

import unicodedata
from typing import Any

import idna
from django import forms
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from config.characters import clean


def canonical_address(text: str) -> str:
    """Return an e-mail address as it is stored, however it was written or copied.

    Without what nobody can see, in lower case, composed, the domain in ASCII (``xn--…``). Text that
    is no address comes back in lower case.
    """
    lowered = _composed(clean(_composed(text)).lower())
    mailbox, at, domain = lowered.rpartition("@")
    if at and not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            return lowered
    return f"{mailbox}{at}{domain}"


def _composed(text: str) -> str:
    """Return the text with each letter in one form, full-width ones and ligatures as plain ones."""
    return unicodedata.normalize("NFKC", text)


class EmailAddressFormField(forms.EmailField):
    """An e-mail address as somebody types or pastes it."""

    def to_python(self, value: object) -> str:
        """Return the canonical form, which is what gets validated."""
        return canonical_address(super().to_python(value) or "")


class EmailAddressField(models.EmailField[str, str]):
    """An e-mail address, stored and compared in its canonical form."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Spell ``varchar`` in full, for which Django makes no second index for LIKE."""
        return f"character varying({self.max_length})"

    def get_prep_value(self, value: object) -> object:
        """Return what goes to the database, as a value to store as well as one to look for."""
        prepared = super().get_prep_value(value)
        return canonical_address(prepared) if isinstance(prepared, str) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        """Have the instance know its address as it is stored."""
        stored = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, stored)
        return stored

    def formfield(self, **options: Any) -> forms.Field | None:  # type: ignore[override]
        """Read an address in a form as it may be written."""
        return super().formfield(**{"form_class": EmailAddressFormField, **options})
