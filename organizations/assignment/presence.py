"""Why users cannot become members: they are already, some by a restoration."""

from collections.abc import Collection

from config.identifiers import is_id
from config.timestamps import in_whole_seconds
from organizations.exceptions import MembershipAlreadyExistsError
from organizations.models import Membership, Restoration


def explain_presence(
    organization_id: str, user_ids: Collection[str]
) -> dict[str, MembershipAlreadyExistsError]:
    """Return the refusal for each of these users who is a member already, by user id.

    The details name the restoration that made somebody a member: who lost its answer learns that it
    was done.
    """
    known = [user_id for user_id in user_ids if is_id("usr", user_id)]
    members = list(Membership.objects.current().of(organization_id, known))
    # By their ids: asked in one, PostgreSQL may look for each restoration among all these members.
    restorations = {
        restoration.membership_id: restoration
        for restoration in Restoration.objects.filter(membership__in=[m.pk for m in members])
    }
    return {member.user_id: _explain(member, restorations.get(member.pk)) for member in members}


def _explain(member: Membership, restoration: Restoration | None) -> MembershipAlreadyExistsError:
    """Return since when somebody is a member, and by what."""
    details = {"user_id": member.user_id, "member_since": in_whole_seconds(member.created_at)}
    if restoration:
        details |= {"restoration_id": restoration.pk, "removal_id": restoration.removal_id}
    return MembershipAlreadyExistsError(details)
