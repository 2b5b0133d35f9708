"""Checks names of mail domains: their form, and that an organization can have them."""

import re
from collections.abc import Iterable

from django.core.exceptions import ValidationError

from organizations.domains.public_domains import PUBLIC_MAIL_PROVIDERS, is_public_suffix
from users.email_address import canonical_address

LONGEST_NAME = 253  # characters, as in the DNS

# For PostgreSQL, too: two labels or more in lower case; the last one begins with a letter, so that
# address literals do not match (192.0.2.1, [IPv6:2001:db8::1]).
FORM = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"


def canonical_domain(text: str) -> str:
    """Return a domain in its stored form, that of `canonical_address`, without a leading ``@``."""
    return canonical_address(f"@{text.strip().removeprefix('@')}").removeprefix("@")


def domain_of(address: str) -> str:
    """Return the canonical domain of an address, after the last ``@``; "" without one."""
    _, at, domain = canonical_address(address).rpartition("@")
    return domain if at else ""


def validate_domain(name: str) -> None:
    """Raise ValidationError unless a canonical name can be the mail domain of an organization."""
    if len(name) > LONGEST_NAME or not re.fullmatch(FORM, name):
        raise ValidationError(
            "“%(name)s” is not a mail domain: write it as in example.com.",
            code="no_domain",
            params={"name": name},
        )
    if is_public_suffix(name):
        raise ValidationError(
            "Below “%(name)s” anybody can register a domain: it is no organization's own.",
            code="public_suffix",
            params={"name": name},
        )
    if name in PUBLIC_MAIL_PROVIDERS:
        raise ValidationError(
            "Anybody can have an address of “%(name)s”: it is no organization's own.",
            code="public_provider",
            params={"name": name},
        )


def validate_domains(names: Iterable[str]) -> None:
    """Raise ValidationError with a message for each of these that `validate_domain` refuses."""
    errors: list[ValidationError] = []
    for name in sorted(names):
        try:
            validate_domain(name)
        except ValidationError as error:
            errors.append(error)
    if errors:
        raise ValidationError(errors)
