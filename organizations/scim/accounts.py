"""The accounts of a directory's users: found, made, and changed where they are the directory's."""

from django.core.exceptions import ValidationError
from scim2_models import InvalidValueException, UniquenessException

from organizations.locks import lock_accounts
from organizations.models import Membership, ScimConnection, ScimIdentity
from organizations.scim.resources import User as ScimUser
from users.email_address import canonical_address, validate_address
from users.models import User


def address_of(resource: ScimUser) -> str:
    """Return the address of a user's account: the primary or the work e-mail, or the userName.

    Raises InvalidValueException where none of them is one.
    """
    emails = [email for email in resource.emails or [] if email.value]
    primary = [email.value for email in emails if email.primary]
    work = [email.value for email in emails if email.type and email.type.lower() == "work"]
    address = canonical_address(next(filter(None, [*primary, *work, resource.user_name]), ""))
    try:
        validate_address(address)
    except ValidationError as error:
        raise InvalidValueException(
            detail="A user needs a primary or work e-mail, or a userName that is an address."
        ) from error
    return address


def full_name_of(resource: ScimUser) -> str:
    """Return the name that an account is given."""
    name = resource.name
    formatted = name.formatted if name else None
    parts = " ".join(filter(None, [name.given_name, name.family_name])) if name else ""
    return (resource.display_name or formatted or parts)[:200]


def find_or_make_account(resource: ScimUser) -> tuple[User, bool]:
    """Return the account with a user's address, and whether it was made: nobody can log into it."""
    address = address_of(resource)
    if account := User.objects.filter(email=address).first():
        return account, False
    return User.objects.create_user(address, full_name=full_name_of(resource)), True


def change_account(
    identity: ScimIdentity, connection: ScimConnection, before: ScimUser, after: ScimUser
) -> None:
    """Change the name and the address of an account to what the directory changed them to.

    Whoever could do that to others' accounts could take them over: it is done to those alone which
    this connection made, who are members nowhere else and never were, and who have no rights and no
    password here. Raises UniquenessException for an address that another account has.
    """
    changes: dict[str, str] = {}
    name = full_name_of(after)
    if name and name != full_name_of(before):
        changes["full_name"] = name
    if after.emails and after.emails != before.emails:
        changes["email"] = address_of(after)
    if not changes or identity.account_made_by_id != connection.pk:
        return
    # Whoever is added elsewhere meanwhile waits for this lock, or is seen behind it.
    lock_accounts([identity.user_id])
    account = User.objects.get(pk=identity.user_id)
    elsewhere = Membership.objects.filter(user=account).exclude(
        organization=connection.organization_id
    )
    if (
        account.is_staff
        or account.is_superuser
        or account.has_usable_password()
        or elsewhere.exists()
    ):
        return
    if "email" in changes and _is_taken(changes["email"], account):
        raise UniquenessException(detail="Another account has this e-mail address.")
    for field, value in changes.items():
        setattr(account, field, value)
    account.save(update_fields=[*changes, "name_words"])


def _is_taken(address: str, account: User) -> bool:
    """Tell whether another account has the address."""
    return bool(User.objects.filter(email=address).exclude(pk=account.pk).exists())
