"""The accounts of a directory's users: found, made, and changed where they are the directory's."""

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

    Raises InvalidValueException for one that is no address. Other e-mails are not read: people set
    those themselves.
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

    It is "" where none of them is one. Raises InvalidValueException for an e-mail that is none.
    """
    address = work_address_of(resource)
    user_name = resource.user_name or ""
    return address or (canonical_address(user_name) if _is_address(user_name) else "")


def full_name_of(resource: ScimUser) -> str:
    """Return the name that an account is given, without invisible characters; "" where none is."""
    name = resource.name
    formatted = name.formatted if name else None
    parts = " ".join(filter(None, [name.given_name, name.family_name])) if name else ""
    named = (clean(text) for text in (resource.display_name, formatted, parts) if text)
    return next(filter(None, named), "")[:200]


def find_or_make_account(organization_id: str, resource: ScimUser) -> tuple[User, bool]:
    """Return the account with a user's address, locked, and whether it was made.

    Nobody can log into one that is made.

    Raises ForbiddenException for an address outside the organization's mail domains, and
    InvalidValueException where there is none.
    """
    address = address_of(resource)
    if not address:
        raise InvalidValueException(
            detail="A user needs a primary or work e-mail, or a userName that is an address."
        )
    _require_domain(organization_id, address)
    # Locked as it is found: one that gets another address meanwhile is not who was meant.
    if account := User.objects.filter(email=address).select_for_update(no_key=True).first():
        return account, False
    return User.objects.create_user(address, full_name=full_name_of(resource)), True


def may_change(account: User, identity: ScimIdentity) -> bool:
    """Tell whether the directory may change the name and the address of an account; it is locked.

    A directory that could do so could take over an account. So it may only where a directory of
    this organization made the account, and its person is and was a member nowhere else, and has no
    rights and no password here.
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
    """Raise where an account cannot be given another address.

    ForbiddenException where the one before or after is outside the organization's mail domains;
    UniquenessException for one that another account has.
    """
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
