"""Canonical e-mail addresses, so that one mailbox has one account."""

import unicodedata
from typing import Any

import idna
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from config.characters import clean

ERASED_DOMAIN = "@erased.invalid"  # RFC 2606 reserves .invalid: no mail is delivered there
LONGEST_TYPED = 1000  # characters; an address has 254, and some may be invisible


def canonical_address(text: str) -> str:
    """Return an e-mail address in the form in which it is stored and looked up.

    It has no invisible characters, is in lower case and in NFKC, and its domain is in ASCII
    (``xn--…``). Other text is returned in lower case, and cut if it is far too long, since
    normalizing a long text takes seconds.
    """
    text = text.strip()
    if len(text) > LONGEST_TYPED:
        return text[:LONGEST_TYPED].lower()
    lowered = _composed(clean(_composed(text)).lower())
    mailbox, at, domain = lowered.rpartition("@")
    if at and not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            return lowered
    return f"{mailbox}{at}{domain}"


def _composed(text: str) -> str:
    """Return the text in NFKC, in which full-width letters and ligatures are plain ones."""
    return unicodedata.normalize("NFKC", text)


def validate_address(address: str) -> None:
    """Raise ValidationError for text that can be no account's address, however it is typed.

    Between quotes Django allows control characters, some of which end a line of a mail's header.
    """
    canonical = canonical_address(address)
    validate_email(canonical)
    if not canonical.isprintable():
        raise ValidationError("An e-mail address has no control characters.")
    if canonical.endswith(ERASED_DOMAIN):
        raise ValidationError("Erased accounts alone have addresses of erased.invalid.")


class EmailAddressFormField(forms.EmailField):
    """A form field that accepts an e-mail address as it is typed or pasted."""

    default_validators = [validate_address]  # noqa: RUF012 (a list, as Django declares it)

    def to_python(self, value: object) -> str:
        return canonical_address(super().to_python(value) or "")


class EmailAddressField(models.EmailField[str, str]):
    """An e-mail address, stored and compared in its canonical form."""

    default_validators = (validate_address,)

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        """Return ``varchar`` spelled out, so that Django adds no second index for LIKE."""
        return f"character varying({self.max_length})"

    def get_prep_value(self, value: object) -> object:
        prepared = super().get_prep_value(value)
        return canonical_address(prepared) if isinstance(prepared, str) else prepared

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        """Return the canonical form, and set it on the instance too."""
        stored = self.get_prep_value(super().pre_save(model_instance, add))
        setattr(model_instance, self.attname, stored)
        return stored

    def formfield(self, **options: Any) -> forms.Field | None:  # type: ignore[override]
        """Return a form field that accepts an address as it is typed or pasted."""
        return super().formfield(**{"form_class": EmailAddressFormField, **options})
