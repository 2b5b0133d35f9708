"""Plans an erasure: its page shows the plan, and the erasure itself follows it."""

from dataclasses import dataclass
from typing import Self

from users.authority import is_above
from users.erasure.addresses import Addresses
from users.erasure.directories import find_directory_notice
from users.erasure.log_entries import entries_mentioning
from users.erasure.reasons import reasons_about, reasons_mentioning
from users.erasure.texts import Texts
from users.models import User


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """A person's addresses, and the texts that the viewer can choose to have emptied.

    ``reasons`` are on records about the person. ``mentions`` are others': reasons, and entries of
    the admin's log, with an address of theirs.
    """

    account: User
    addresses: Addresses
    reasons: Texts
    mentions: Texts
    directory_notice: str

    @classmethod
    def of(cls, account: User, *, viewer: User | None) -> Self:
        """Return the plan as a member of staff (None: the command) may see it; writes nothing."""
        addresses = Addresses.of(account)
        mentions = [
            *reasons_mentioning(addresses.theirs, but_about=account),
            *entries_mentioning(addresses.theirs, but_about=account),
        ]
        return cls(
            account,
            addresses,
            Texts.visible_to(viewer, reasons_about(account)),
            Texts.visible_to(viewer, mentions),
            find_directory_notice(account, viewer=viewer),
        )


def may_erase(actor: User) -> bool:
    """Return whether a member of staff may erase people's data, and see it before."""
    return actor.is_staff and actor.has_perms(["users.erase_user", "users.view_user"])


def find_refusal(account: User, *, actor: User | None) -> str | None:
    """Return why the actor (None: the command) cannot erase the account, or None if they can."""
    if account.erased_at:
        return "It is erased already."
    if actor == account:
        return "Nobody erases their own account."
    if actor is not None and not may_erase(actor):
        return "You may not erase people's data any more."
    if account.is_superuser if actor is None else is_above(account, actor):
        return "It may do more in the admin: only a superuser erases it, and there."
    current = account.memberships.current().select_related("organization")
    if organizations := ", ".join(membership.organization.name for membership in current):
        return f"Still a member of {organizations}: remove them from there first."
    return None
