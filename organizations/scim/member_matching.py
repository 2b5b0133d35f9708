"""Finds the members whom a directory means, for a search, an addition and a change."""

from django.db.models import Q

from config.case_insensitive_names import key_of
from organizations.models import Connection, Membership, ScimIdentity
from users.email_address import canonical_address


def match_members(
    connection: Connection, *, user_name: str = "", external_id: str = "", address: str = ""
) -> dict[str, str]:
    """Return the ids of the members who match, by the attribute that names each.

    A userName matches the identity of this connection that has it, in any case, or else the member
    with this address; an externalId the identity that has exactly it; an address, the primary or
    work e-mail, the member who has it. Other e-mails and identities of other connections match
    nobody.
    """
    by_address = _members_by_address(connection, user_name, address)
    matches = {
        attribute: by_address[canonical_address(text)]
        for attribute, text in (("userName", user_name), ("emails", address))
        if canonical_address(text) in by_address
    }
    if not user_name and not external_id:
        return matches
    key = key_of(user_name)
    identities = ScimIdentity.objects.of(connection).filter(
        Q(user_name_key=key, user_name_key__gt="") | Q(external_id=external_id, external_id__gt="")
    )
    for identity in identities:
        if identity.user_name_key == key:
            matches["userName"] = identity.user_id
        if external_id and identity.external_id == external_id:
            matches["externalId"] = identity.user_id
    return matches


def _members_by_address(connection: Connection, *addresses: str) -> dict[str, str]:
    """Return the ids of the members who have these addresses, by the address."""
    canonical = map(canonical_address, addresses)  # which also normalizes a full-width @
    wanted = {address for address in canonical if "@" in address}
    if not wanted:
        return {}
    members = Membership.objects.current().filter(
        organization=connection.organization_id, user__email__in=wanted
    )
    return dict(members.values_list("user__email", "user"))
