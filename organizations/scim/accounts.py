"""Finds and makes the accounts of a directory's users, and changes those that it made."""

from django.core.exceptions import ValidationError
from scim2_models import ForbiddenException, InvalidValueException, UniquenessException

from config.characters import clean
from organizations.domains.service import check_domain
from organizations.exceptions import DomainNotAllowedError
from organizations.models import Membership, ScimIdentity
from organizations.scim.resources import User as ScimUser
from users.email_address import canonical_address, validate_address
from users.models import User

LONGEST = User._meta.get_field("email").max_length or 0


def work_address_of(resource: ScimUser) -> str:
    """Return the primary or else the work e-mail, "" for none.

    Raises InvalidValueException for a malformed one. Ignores other e-mails: people set those
    themselves.
    """
    emails = [email for email in resource.emails or [] if email.value]
    primary = [email.value for email in emails if email.primary]
    work = [email.value for email in emails if email.type and email.type.lower() == "work"]
    address = next(filter(None, [*primary, *work]), "")
    if address and not _is_address(address):
        raise InvalidValueException(detail="The primary or work e-mail is no address.")
    return canonical_address(address)


def address_of(resource: ScimUser) -> str:
    """Return the address of a user's account: the primary or work e-mail, or else the userName.

    Returns "" if neither is an address. Raises InvalidValueException for a malformed e-mail.
    """
    address = work_address_of(resource)
    user_name = resource.user_name or ""
    return address or (canonical_address(user_name) if _is_address(user_name) else "")


def full_name_of(resource: ScimUser) -> str:
    """Return the name for a user's account, without invisible characters; "" for none."""
    name = resource.name
    formatted = name.formatted if name else None
    parts = " ".join(filter(None, [name.given_name, name.family_name])) if name else ""
    named = (clean(text) for text in (resource.display_name, formatted, parts) if text)
    return next(filter(None, named), "")[:200]


def find_or_make_account(organization_id: str, resource: ScimUser) -> tuple[User, bool]:
    """Return the account with a user's address, locked, and whether it is new.

    A new one has no password. Raises ForbiddenException for an address outside the organization's
    mail domains, and InvalidValueException for a user without an address.
    """
    address = address_of(resource)
    if not address:
        raise InvalidValueException(
            detail="A user needs a primary or work e-mail, or a userName that is an address."
        )
    _require_domain(organization_id, address)
    # The lock checks the address again: an account that has got another one is not meant.
    if account := User.objects.filter(email=address).select_for_update(no_key=True).first():
        return account, False
    return User.objects.create_user(address, full_name=full_name_of(resource)), True


def may_change(account: User, identity: ScimIdentity) -> bool:
    """Tell whether the directory may change the name and address of an account, which is locked.

    Whoever changes an address can take over the account. So a directory of this organization must
    have made it, and its user must have no membership elsewhere, past or present, no staff rights
    and no password.
    """
    maker = identity.account_made_by
    elsewhere = Membership.objects.filter(user=account).exclude(
        organization=identity.organization_id
    )
    return (
        maker is not None
        and maker.organization_id == identity.organization_id
        and not (account.is_staff or account.is_superuser or account.has_usable_password())
        and not elsewhere.exists()
    )


def check_address(account: User, address: str, organization_id: str) -> None:
    """Check that an account can get this address; "" and its own need no check.

    Raises ForbiddenException if the old or new one is outside the organization's mail domains, and
    UniquenessException if another account has it.
    """
    if address in ("", account.email):
        return
    _require_domain(organization_id, account.email, address)
    if User.objects.filter(email=address).exclude(pk=account.pk).exists():
        raise UniquenessException(detail="Another account has this e-mail address.")


def change_account(account: User, *, full_name: str, address: str) -> None:
    """Give an account a name and an address; what is empty stays."""
    changes = {"full_name": full_name, "email": address}
    changes = {name: text for name, text in changes.items() if text}
    for name, text in changes.items():
        setattr(account, name, text)
    if changes:
        account.save(update_fields=[*changes, "name_words"])


def _require_domain(organization_id: str, *addresses: str) -> None:
    """Raise ForbiddenException unless all addresses are in the organization's mail domains."""
    try:
        check_domain(organization_id, *addresses)
    except DomainNotAllowedError as refusal:
        raise ForbiddenException(detail=refusal.message) from refusal


def _is_address(text: str) -> bool:
    """Tell whether a text is an address that an account can have."""
    address = canonical_address(text)
    try:
        validate_address(address)
    except ValidationError:
        return False
    return len(address) <= LONGEST
