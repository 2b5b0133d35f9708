"""Finds, adds, changes and removes members as SCIM's users."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

import structlog
from django.utils import timezone
from scim2_models import (
    ConflictException,
    ForbiddenException,
    NotFoundException,
    ResponseParameters,
    SCIMException,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import SearchPage

from config.errors import ContractError
from config.retries import OvertakenError
from organizations.assignment.service import add_member
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.exceptions import (
    LastOwnerCannotBeDeactivatedError,
    LastOwnerCannotBeRemovedError,
    MembershipAlreadyExistsError,
    RoleNotFoundError,
    UserNotFoundError,
)
from organizations.guards.caller import Directory
from organizations.locks import keep_absent, lock_members
from organizations.models import Connection, Event, Membership, Role
from organizations.models.membership import MembershipQuerySet
from organizations.removal.service import remove_members
from organizations.scim.accounts import (
    change_account,
    check_address,
    find_or_make_account,
    full_name_of,
    may_change,
    work_address_of,
)
from organizations.scim.connections import targets_on_deactivation, targets_on_removal
from organizations.scim.filters import equalities, unsearchable
from organizations.scim.identities import (
    ATTRIBUTES,
    check_texts,
    find_identity,
    is_managed_by,
    save_identity,
)
from organizations.scim.member_matching import match_members
from organizations.scim.members import Member, read_members
from organizations.scim.resources import User
from organizations.scim.staff import disable_staff_account
from organizations.scim.user_patch import UserChange
from users.models import User as Account

logger: structlog.typing.FilteringBoundLogger = structlog.get_logger()

_BY_REFUSAL: dict[type[ContractError], type[SCIMException]] = {
    LastOwnerCannotBeDeactivatedError: ForbiddenException,
    LastOwnerCannotBeRemovedError: ForbiddenException,
    UserNotFoundError: NotFoundException,
}


def _in_scim(refusal: ContractError) -> SCIMException:
    return _BY_REFUSAL.get(type(refusal), ConflictException)(detail=refusal.message)


class Users:
    """The members of a connection's organization: read, added, changed and removed."""

    def __init__(self, connection: Connection, trace_id: str) -> None:
        self.connection = connection
        self.organization_id = connection.organization_id
        self.is_leaving = False  # whether the request deactivates, and so ignores other faults
        self.caller = Directory(connection=connection, trace_id=trace_id)

    def lock(self, *user_ids: str) -> None:
        """Lock the memberships and the accounts of users until the transaction ends."""
        locked = lock_members(self.organization_id, user_ids, accounts=user_ids)
        keep_absent(self.organization_id, user_ids, locked)

    def find(self, user_id: str) -> Member:
        """Return a member. Raises NotFoundException."""
        members = self._members().of(self.organization_id, [user_id])
        if found := read_members(self.connection, members):
            return found[0]
        raise NotFoundException(detail="There is no such user.")

    def find_locked(self, user_id: str) -> Member:
        """Return a member, locked with the account until the end. Raises NotFoundException."""
        self.lock(user_id)
        return self.find(user_id)

    def get(self, user_id: str, parameters: ResponseParameters[Any] | None = None) -> User:
        """Return a member as SCIM shows them. Raises NotFoundException."""
        return self.find(user_id).as_user()

    def search(self, search_request: SearchRequest[Any]) -> SearchPage:
        """Return a page of members, in the order of their ids. Raises InvalidFilterException."""
        members = self._members()
        for attribute, value in equalities(search_request):
            members = self._narrow(members, attribute, value)
        first = (search_request.start_index or 1) - 1
        count = search_request.count
        last = None if count is None else first + count
        # Picks the page before joining accounts: a late page comes after many rows.
        chosen = list(members.order_by("user").values_list("pk", flat=True)[first:last])
        page = self._members().filter(pk__in=chosen)
        # The last page gives the total without a count.
        is_last = (chosen or not first) and (count is None or len(chosen) < count)
        total = first + len(chosen) if is_last else members.count()
        found = read_members(self.connection, page.order_by("user"))
        return SearchPage(total, [member.as_user() for member in found])

    def create(self, resource: User) -> User:
        """Add a member, with a new account if need be, or adopt one; return them.

        Raises UniquenessException for a member whom the connection already manages and for
        attributes of different members; ForbiddenException; InvalidValueException.
        """
        for name in ATTRIBUTES:
            check_texts(resource, name)
        account, is_made, at = self._find_unmanaged(resource), False, timezone.now()
        is_adopted = account is not None
        if account is None:
            account, is_made = find_or_make_account(self.organization_id, resource)
            at = self._add(account)
        identity = find_identity(self.connection, account.pk)
        if is_made:
            identity.account_made_by = self.connection
        save_identity(self.connection, identity, resource, at=at)
        if is_adopted:
            self._record_adoption(account)
        if not is_made and may_change(account, identity):
            address = work_address_of(resource)
            check_address(account, address, self.organization_id)
            change_account(account, full_name=full_name_of(resource), address=address)
        member = self.find(account.pk)
        self._set_active(member, resource.active)
        return member.as_user()

    def change(self, member: Member, change: UserChange) -> None:
        """Change a member, who is locked, and adopt one whom the connection did not manage.

        Writes nothing if nothing differs. Raises UniquenessException, ForbiddenException and
        InvalidValueException; a request that deactivates raises ForbiddenException for the last
        owner alone, and passes over all other faults.
        """
        self.is_leaving = change.state is False
        before, resource = member.as_user(), member.as_user()
        for attribute, refusal in change.apply(resource):
            self.pass_over(resource.id, attribute, refusal)
        self._write(member, before, resource)

    def update(self, resource: User) -> User:
        """Give a member this whole state; return them. Raises NotFoundException and as `change`."""
        member = self.find_locked(resource.id or "")
        self._write(member, member.as_user(), resource)
        return member.as_user()

    def _write(self, member: Member, before: User, resource: User) -> None:
        """Write what differs from before; adopt a member whom the connection does not manage."""
        if _content(resource) == _content(before):
            return
        account, identity = member.account, member.identity
        is_changeable = False
        if any(_differs(name, before, resource) for name in ATTRIBUTES):
            is_changeable = may_change(account, identity)
            self._check(before, resource, account if is_changeable else None)
        is_managed = member.is_managed
        if is_managed or self._can_be_adopted(resource):
            save_identity(self.connection, identity, resource, at=timezone.now())
            if not is_managed:
                self._record_adoption(account)
        if is_changeable:
            name = full_name_of(resource)
            is_renamed = name != full_name_of(before)
            is_elsewhere = _differs("emails", before, resource)
            change_account(
                account,
                full_name=name if is_renamed else "",
                address=work_address_of(resource) if is_elsewhere else "",
            )
        self._set_active(member, resource.active)

    def delete(self, user_id: str) -> None:
        """Remove a member. Raises NotFoundException; ForbiddenException for the last owner."""
        [outcome] = remove_members(
            self.organization_id,
            [user_id],
            transfer_to=targets_on_removal(self.connection),
            caller=self.caller,
        )
        if outcome.refusal:
            raise _in_scim(outcome.refusal)
        if self.connection.disable_staff:
            disable_staff_account(user_id)

    def _members(self) -> MembershipQuerySet:
        """Return the members, deactivated ones too."""
        return Membership.objects.current().filter(organization=self.organization_id)

    def _narrow(
        self, members: MembershipQuerySet, attribute: str, value: object
    ) -> MembershipQuerySet:
        """Return the members whose attribute has this value."""
        text = str(value)
        match attribute:
            case "username":
                matches = match_members(self.connection, user_name=text)
                return members.filter(user__in=matches.values())
            case "externalid":
                matches = match_members(self.connection, external_id=text)
                return members.filter(user__in=matches.values())
            case "id":
                return members.of(self.organization_id, [text])
            case "emails" | "emails.value":
                matches = match_members(self.connection, address=text)
                return members.filter(user__in=matches.values())
            case "emails.type":
                return members if text.lower() == "work" else members.none()
            case "active":
                in_state = {"true": members.active(), "false": members.deactivated()}
                return in_state.get(text.lower(), members.none())
        raise unsearchable(attribute)

    def _matches(self, resource: User, address: str) -> dict[str, str]:
        """Return the ids of the members who match a resource, by attribute."""
        return match_members(
            self.connection,
            user_name=resource.user_name or "",
            external_id=resource.external_id or "",
            address=address,
        )

    def _find_unmanaged(self, resource: User) -> Account | None:
        """Return the account of the member who matches a new resource, locked, or None.

        Raises UniquenessException if two match, or one whom the connection manages.
        """
        address = work_address_of(resource)
        matches = self._matches(resource, address)
        if not matches:
            return None
        locked = set(matches.values())
        self.lock(*locked)
        # Matches again under the locks: they may have been removed or adopted meanwhile.
        matches = self._matches(resource, address)
        people, names = set(matches.values()), " and ".join(matches)
        if not people:
            return None
        if len(people) > 1:
            raise UniquenessException(detail=f"{names} belong to different users.")
        if not people <= locked:
            raise OvertakenError("another member has the name or the address meanwhile")
        account: Account = Account.objects.get(pk__in=people)
        if is_managed_by(self.connection, find_identity(self.connection, account.pk)):
            raise UniquenessException(detail=f"There is a user with this {names}.")
        return account

    def _add(self, account: Account) -> datetime:
        """Make an account's user a member; return since when.

        Raises OvertakenError if they have become one, who is to be adopted, or the role is gone;
        raises UniquenessException for other refusals.
        """
        member_role = Role.objects.filter(
            organization=self.organization_id, name="Member", is_owner=False, capabilities=[]
        )
        try:
            membership = add_member(
                self.organization_id,
                account.pk,
                role_ids=list(member_role.values_list("pk", flat=True)),
                caller=self.caller,
            )
        except (MembershipAlreadyExistsError, RoleNotFoundError) as refusal:
            raise OvertakenError(refusal.message) from refusal
        except ContractError as refusal:
            raise UniquenessException(detail=refusal.message) from refusal
        return membership.created_at

    def _check(self, before: User, resource: User, account: Account | None) -> None:
        """Check changed attributes, and the new address of an account that may be changed."""

        def check(name: str, check_field: Callable[[], object]) -> None:
            if not _differs(name, before, resource):
                return
            try:
                check_field()
            except SCIMException as refusal:
                self.pass_over(resource.id, ATTRIBUTES[name], refusal)
                setattr(resource, name, getattr(before, name))

        def check_address_of_account() -> None:
            if account:
                check_address(account, work_address_of(resource), self.organization_id)

        def check_free(attribute: str) -> None:
            if matches.get(attribute, resource.id) != resource.id:
                raise UniquenessException(detail=f"This {attribute} belongs to another user.")

        for name in ATTRIBUTES:
            check(name, partial(check_texts, resource, name))
        check("emails", partial(work_address_of, resource))
        # The account's own address may be older than the rules for addresses.
        address = work_address_of(resource) if _differs("emails", before, resource) else ""
        matches = self._matches(resource, address)
        for name, attribute in ATTRIBUTES.items():
            check(name, partial(check_free, attribute))
        check("emails", check_address_of_account)

    def _can_be_adopted(self, resource: User) -> bool:
        """Tell whether a member can be adopted by this userName; a taken one is passed over."""
        matches = match_members(self.connection, user_name=resource.user_name or "")
        if matches.get("userName", resource.id) == resource.id:
            return True
        refusal = UniquenessException(detail="This userName belongs to another user.")
        self.pass_over(resource.id, "userName", refusal)
        return False

    def pass_over(self, user_id: str | None, attribute: str, refusal: SCIMException) -> None:
        """Log that an attribute of a leaver is passed over; raise the refusal for others."""
        if not self.is_leaving:
            raise refusal
        logger.warning(
            "attribute_passed_over",
            organization_id=self.organization_id,
            connection_id=self.connection.pk,
            user_id=user_id,
            attribute=attribute,
            status=refusal.status,
            kind=refusal.scim_type,
        )

    def _record_adoption(self, account: Account) -> None:
        """Record that the connection manages a member from now on."""
        Event.objects.record(
            self.caller.event(Event.Type.MEMBER_ADOPTED, self.organization_id, user=account)
        )

    def _set_active(self, member: Member, is_active: bool | None) -> None:
        """Reactivate or deactivate a member, who is locked; None changes nothing.

        Raises ForbiddenException for the last owner.
        """
        membership = member.membership
        if is_active in (None, membership.deactivated_at is None):
            return
        user_id, locked = membership.user_id, {membership.user_id: membership.pk}
        if is_active:
            [outcome] = reactivate_members(
                self.organization_id, [user_id], caller=self.caller, locked=locked
            )
        else:
            [outcome] = deactivate_members(
                self.organization_id,
                [user_id],
                transfer_to=targets_on_deactivation(self.connection),
                caller=self.caller,
                locked=locked,
            )
        if outcome.refusal:
            raise _in_scim(outcome.refusal)
        membership.deactivated_at = outcome.deactivated_at
        if not is_active and self.connection.disable_staff:
            disable_staff_account(user_id)


def _content(user: User) -> dict[str, Any]:
    """Return the attributes of a user that a directory can change."""
    return user.model_dump(exclude={"meta", "groups"})


def _differs(name: str, before: User, after: User) -> bool:
    return bool(getattr(before, name) != getattr(after, name))
