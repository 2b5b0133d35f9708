"""Matches what a directory sends with members: for a search, an addition and a change."""

from django.db.models import Q

from config.case_insensitive_names import key_of
from organizations.models import Connection, Membership, ScimIdentity
from users.email_address import canonical_address


def match_members(
    connection: Connection, *, user_name: str = "", external_id: str = "", address: str = ""
) -> dict[str, str]:
    """Return the ids of the members who are meant, by the attribute that names each.

    A userName means the member whom this connection knows by it, in any case, or else the member
    with this address. An externalId means whom the connection knows by exactly it. An address, the
    primary or work e-mail, means the member who has it. Nothing else means anybody: no other
    e-mail, and no identity of another connection.
    """
    by_address = _members_by_address(connection, user_name, address)
    meant = {
        attribute: by_address[canonical_address(text)]
        for attribute, text in (("userName", user_name), ("emails", address))
        if canonical_address(text) in by_address
    }
    if not user_name and not external_id:
        return meant
    key = key_of(user_name)
    identities = ScimIdentity.objects.of(connection).filter(
        Q(user_name_key=key, user_name_key__gt="") | Q(external_id=external_id, external_id__gt="")
    )
    for user_id, known_by, known_as in identities.values_list(
        "user", "user_name_key", "external_id"
    ):
        if known_by == key:
            meant["userName"] = user_id
        if external_id and known_as == external_id:
            meant["externalId"] = user_id
    return meant


def _members_by_address(connection: Connection, *addresses: str) -> dict[str, str]:
    """Return the ids of the members who have these addresses, by the address."""
    canonical = map(canonical_address, addresses)  # which may be what makes an @ of it
    wanted = {address for address in canonical if "@" in address}
    if not wanted:
        return {}
    members = Membership.objects.current().filter(
        organization=connection.organization_id, user__email__in=wanted
    )
    return dict(members.values_list("user__email", "user"))
