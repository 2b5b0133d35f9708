"""Reads and writes the identities by which connections know members."""

from datetime import datetime

from scim2_models import InvalidValueException

from config.case_insensitive_names import key_of
from config.characters import clean
from organizations.models import Connection, ScimIdentity
from organizations.scim.bounds import has_surrogates
from organizations.scim.resources import Name, User

# A resource's fields, and what SCIM calls them.
ATTRIBUTES = {
    "user_name": "userName",
    "external_id": "externalId",
    "name": "name",
    "display_name": "displayName",
    "emails": "emails",
}


def find_identity(connection: Connection, user_id: str) -> ScimIdentity:
    """Return the identity of a member, which may be another connection's or new and unsaved."""
    identities = ScimIdentity.objects.filter(
        organization=connection.organization_id, user=user_id
    ).select_related("account_made_by")
    return identities.first() or ScimIdentity(
        organization_id=connection.organization_id, user_id=user_id
    )


def is_managed_by(connection: Connection, identity: ScimIdentity) -> bool:
    """Tell whether the connection knows the member by this identity."""
    return identity.connection_id == connection.pk and identity.ended_at is None


def save_identity(
    connection: Connection, identity: ScimIdentity, resource: User, *, at: datetime
) -> None:
    """Store a resource's attributes as the identity, in place of another connection's."""
    identity.connection = connection
    identity.ended_at = None
    for name in ATTRIBUTES:
        for field, text in _texts_of(resource, name).items():
            setattr(identity, field, text)
    identity.changed_at = at
    identity.save()


def check_texts(resource: User, name: str) -> None:
    """Raise InvalidValueException for a field of a resource that cannot be stored."""
    for field, text in _texts_of(resource, name).items():
        if len(text) > _longest(field) or "\0" in text or has_surrogates(text):
            raise InvalidValueException(
                detail=f"{ATTRIBUTES[name]} is too long, or has characters that cannot be stored."
            )
    if name == "user_name" and not key_of(resource.user_name or ""):
        raise InvalidValueException(detail="A user has a userName.")
    if name == "external_id" and resource.external_id and not clean(resource.external_id):
        raise InvalidValueException(detail="externalId is blank.")


def _texts_of(resource: User, name: str) -> dict[str, str]:
    """Return the texts that an identity stores of a field; it stores no e-mails."""
    if name == "name":
        parts = resource.name or Name()
        return {
            "formatted_name": parts.formatted or "",
            "given_name": parts.given_name or "",
            "family_name": parts.family_name or "",
        }
    return {} if name == "emails" else {name: getattr(resource, name) or ""}


def _longest(field: str) -> int:
    return getattr(ScimIdentity._meta.get_field(field), "max_length", None) or 0
