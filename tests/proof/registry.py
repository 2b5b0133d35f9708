"""Whose account is whose, and whom directories know, as the state machine keeps account of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.organizations.scim.caller import Directory
from tests.proof.place import Place


@dataclass
class Account:
    """What an account says of a person."""

    address: str
    full_name: str
    is_staff: bool = False
    is_erased: bool = False


@dataclass
class Accounts:
    """All accounts by id, and who has or had an address, by the address: the last one last."""

    by_id: dict[str, Account] = field(default_factory=dict)
    holders: dict[str, list[str]] = field(default_factory=dict)

    def add(self, user: str, address: str, full_name: str) -> None:
        self.by_id[user] = Account(address, full_name)
        self.holders.setdefault(address, []).append(user)

    def at(self, address: str) -> str | None:
        """Return whose address it is now."""
        found = [user for user, account in self.by_id.items() if account.address == address]
        return found[0] if found else None

    def move(self, user: str, address: str) -> None:
        """Give an account another address, or the same."""
        if self.by_id[user].address != address:
            self.by_id[user].address = address
            holders = self.holders.setdefault(address, [])
            holders[:] = [*(holder for holder in holders if holder != user), user]

    def theirs(self, user: str) -> set[str]:
        """Return the addresses that somebody has or had, and nobody else later."""
        return {address for address, holders in self.holders.items() if holders[-1:] == [user]}

    def erase(self, user: str) -> None:
        self.by_id[user] = Account(f"{user.lower()}@erased.invalid", "", is_erased=True)
        for holders in self.holders.values():
            holders[:] = [holder for holder in holders if holder != user]


@dataclass(frozen=True)
class Sent:
    """What a directory says of somebody; "" and None are left out."""

    user_name: str = ""
    external_id: str = ""
    address: str = ""
    display_name: str = ""
    active: bool | None = None

    @property
    def account_address(self) -> str:
        """The address of the account that is made or found."""
        return self.address or (self.user_name if "@" in self.user_name else "")

    def attributes(self) -> dict[str, object]:
        emails = [{"value": self.address, "type": "work", "primary": True}]
        said = {
            "userName": self.user_name,
            "externalId": self.external_id,
            "displayName": self.display_name,
            "emails": emails if self.address else [],
            "active": self.active,
        }
        return {name: value for name, value in said.items() if value not in ("", [], None)}


@dataclass
class Identity:
    """As whom a directory knows somebody, or knew until the removal of this number."""

    user_name: str
    external_id: str = ""
    display_name: str = ""
    has_made_account: bool = False
    ended: int | None = None


@dataclass
class Office:
    """An organization's directory: whom it knows, and which accounts are its own."""

    place: Place
    directory: Directory
    domains: frozenset[str]
    accounts: Accounts
    elsewhere: Place
    identities: dict[str, Identity] = field(default_factory=dict)
    removals: dict[str, int] = field(default_factory=dict)  # number of the latest, by user id

    def allows(self, *addresses: str) -> bool:
        return all(address.rpartition("@")[2] in self.domains for address in addresses)

    def known(self) -> Iterator[tuple[str, Identity]]:
        """Yield whom the directory manages."""
        return ((user, known) for user, known in self.identities.items() if known.ended is None)

    def identity_of(self, user: str) -> Identity:
        """Return as whom the directory sees a member: whom it does not manage, by the address."""
        return dict(self.known()).get(user) or Identity(self.accounts.by_id[user].address)

    def meant(self, sent: Sent) -> dict[str, str]:
        """Return the members whom attributes name: known ones first, or else by the address."""
        named = {
            attribute: user
            for user in self.place.members
            for attribute, address in (("userName", sent.user_name), ("emails", sent.address))
            if self.accounts.by_id[user].address == address
        }
        for user, known in self.known():
            if known.user_name.lower() == sent.user_name.lower():
                named["userName"] = user
            if sent.external_id and known.external_id == sent.external_id:
                named["externalId"] = user
        return named

    def owns_account(self, user: str | None) -> bool:
        """Whether the directory may change the name and the address of an account."""
        return (
            user in self.identities
            and self.identities[user].has_made_account
            and not self.accounts.by_id[user].is_staff
            and not self.elsewhere.tenures[user]
        )

    def address_status(self, user: str, address: str) -> int | None:
        """Why the directory cannot give its own account this address, if it is another."""
        now = self.accounts.by_id[user].address
        if address in ("", now) or not self.owns_account(user):
            return None
        if not self.allows(now, address):
            return 403
        return 409 if self.accounts.at(address) else None

    def status_of_adding(self, sent: Sent) -> int | None:
        """Why nobody is added or adopted as is sent."""
        meant = set(self.meant(sent).values())
        if len(meant) > 1 or meant & dict(self.known()).keys():
            return 409
        if not meant and not sent.account_address:
            return 400
        if not meant and not self.allows(sent.account_address):
            return 403
        user = next(iter(meant), None) or self.accounts.at(sent.account_address)
        return self.address_status(user, sent.address) if user else None

    def add(self, user: str, sent: Sent) -> None:
        """Know somebody who is new, was elsewhere, or was here already, as is sent."""
        has_made_account = user not in self.accounts.by_id
        if has_made_account:
            self.accounts.add(user, sent.account_address, sent.display_name)
        elif self.owns_account(user):
            self.tell(user, sent)
        if user in self.place.members:
            self.place.events["member.adopted", user] += 1
        else:
            self.place.add(user, ["Member"], [])
        names = (sent.user_name, sent.external_id, sent.display_name)
        self.know(user, Identity(*names, has_made_account))
        self.set_state(user, sent.active)

    def is_changed(self, user: str, sent: Sent) -> bool:
        """Whether anything that is sent differs from what the directory sees of a member."""
        now = self.identity_of(user)
        is_active = user not in self.place.deactivated
        return (
            sent.user_name not in ("", now.user_name)
            or sent.external_id not in ("", now.external_id)
            or sent.display_name not in ("", now.display_name)
            or sent.address not in ("", self.accounts.by_id[user].address)
            or sent.active not in (None, is_active)
        )

    def refused(self, user: str, sent: Sent) -> dict[str, int]:
        """Why what differs cannot be kept, by the attribute, in the order in which it is told."""
        now, address = self.identity_of(user), self.accounts.by_id[user].address
        meant = self.meant(
            replace(
                sent, user_name=sent.user_name or now.user_name, address=sent.address or address
            )
        )
        is_anothers = {name for name, whose in meant.items() if whose != user}
        refused: dict[str, int] = {}
        if sent.user_name not in ("", now.user_name) and "userName" in is_anothers:
            refused["user_name"] = 409
        if "externalId" in is_anothers:
            refused["external_id"] = 409
        if sent.address not in ("", address) and "emails" in is_anothers:
            refused["address"] = 409
        elif status := self.address_status(user, sent.address):
            refused["address"] = status
        return refused

    def can_know(self, user: str, user_name: str) -> bool:
        """Whether a member is managed, or can be adopted: not if their own name is another's."""
        meant = self.meant(Sent(user_name or self.identity_of(user).user_name))
        return meant.get("userName", user) == user

    def change(self, user: str, sent: Sent) -> None:
        """Keep what is sent of a member, who is adopted if they were not managed."""
        now, is_own = self.identity_of(user), self.owns_account(user)
        if self.can_know(user, sent.user_name):
            if user not in dict(self.known()):
                self.place.events["member.adopted", user] += 1
            names = (
                sent.user_name or now.user_name,
                sent.external_id or now.external_id,
                sent.display_name or now.display_name,
            )
            self.know(user, Identity(*names))
        if is_own:
            is_renamed = sent.display_name != now.display_name
            self.tell(user, sent if is_renamed else replace(sent, display_name=""))
        self.set_state(user, sent.active)

    def know(self, user: str, said: Identity) -> None:
        """Know somebody from now on as is said; who made the account stays."""
        if user in self.identities:
            said.has_made_account |= self.identities[user].has_made_account
        self.identities[user] = said

    def tell(self, user: str, sent: Sent) -> None:
        """Have an account of the directory's own say what was sent."""
        if sent.display_name:
            self.accounts.by_id[user].full_name = sent.display_name
        if sent.address:
            self.accounts.move(user, sent.address)

    def set_state(self, user: str, active: bool | None) -> None:
        is_active = user not in self.place.deactivated
        if active is False and is_active:
            self.place.deactivate(user, self.place.departments[1].pk)
        elif active and not is_active:
            self.place.reactivate(user)

    def remove(self, user: str, target: str | None) -> None:
        self.place.remove(user, target)
        self.removals[user] = self.place.removals
        if user in dict(self.known()):
            self.identities[user].ended = self.place.removals

    def restore(self, user: str) -> None:
        """Restore somebody; the directory knows them again, unless it gave their name away."""
        self.place.restore(user)
        known = self.identities.get(user)
        if known is None or known.ended is None or known.ended != self.removals[user]:
            return
        if not any(
            (other.ended is None or other.ended > known.ended)
            and (
                other.user_name.lower() == known.user_name.lower()
                or (known.external_id and other.external_id == known.external_id)
            )
            for whose, other in self.identities.items()
            if whose != user
        ):
            known.ended = None
