"""Plans an erasure: its page shows the plan, and the erasure itself follows it."""

from dataclasses import dataclass
from typing import Self

from django.apps import apps

from users.authority import is_above
from users.erasure.log_entries import entries_mentioning
from users.erasure.reasons import reasons_about, reasons_mentioning
from users.erasure.texts import Texts
from users.models import FormerAddress, User


@dataclass(frozen=True, slots=True)
class Addresses:
    """The canonical addresses of an account: the present one, and those it had before.

    ``passed_on`` are former ones that another account has, or had later: where they are written,
    they mean that other person.
    """

    present: str
    former: tuple[str, ...]
    passed_on: tuple[str, ...]

    @classmethod
    def of(cls, account: User) -> Self:
        """Return the addresses of an account."""
        former = FormerAddress.objects.of(account).exclude(address=account.email)
        in_order = former.order_by("had_until", "pk")
        return cls(
            account.email,
            tuple(each.address for each in in_order.kept()),
            tuple(each.address for each in in_order.passed_on()),
        )

    @property
    def theirs(self) -> frozenset[str]:
        """Return the addresses that are this person's and nobody else's."""
        return frozenset({self.present, *self.former})


@dataclass(frozen=True, slots=True)
class ErasurePlan:
    """A person's addresses, and the texts that the viewer can choose to have emptied.

    ``reasons`` are on records about the person. ``mentions`` are texts about others with one of the
    addresses: reasons, and entries of the admin's log.
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
            _directory_notice(account, viewer),
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


def _directory_notice(account: User, viewer: User | None) -> str:
    """Return what to do first if a directory manages or managed the person; else "".

    An erased address is not remembered, so a directory that still has the person would make a new
    account. Which one is said to the command (None), and to staff who may view directories.
    """
    events = apps.get_model("organizations.Event")._base_manager.filter(user=account)
    identities = apps.get_model("organizations.ScimIdentity")._base_manager.filter(user=account)
    directories = apps.get_model("organizations.Connection")._base_manager.filter(kind="directory")
    managing = directories.filter(
        pk__in={
            *events.exclude(connection=None).values_list("connection", flat=True),
            *identities.exclude(connection=None).values_list("connection", flat=True),
            *identities.exclude(account_made_by=None).values_list("account_made_by", flat=True),
        }
    ) | directories.filter(
        disabled_at=None, organization__in=list(identities.values_list("organization", flat=True))
    )
    found = list(managing.select_related("organization").order_by("organization", "pk"))
    if not found:
        return ""
    names = "a directory"
    if viewer is None or viewer.has_perm("organizations.view_connection"):
        names = ", ".join(f"{directory} of {directory.organization}" for directory in found)
    return (
        f"Managed by {names}, now or before: while it has them it makes a new account of them, so"
        " take them out there first."
    )
