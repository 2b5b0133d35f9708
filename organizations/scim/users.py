"""Members as SCIM's users."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Value
from django.db.models.functions import Lower
from django.utils import timezone
from scim2_models import (
    Meta,
    NotFoundException,
    Reference,
    ResponseParameters,
    SearchRequest,
    UniquenessException,
)
from scim2_server.storage import SearchPage

from config.errors import ContractError
from config.identifiers import is_id
from organizations.assignment.service import add_member
from organizations.deactivation.service import deactivate_members, reactivate_members
from organizations.guards.caller import Directory
from organizations.locks import lock_accounts, lock_members
from organizations.models import (
    DepartmentMembership,
    Membership,
    Role,
    ScimConnection,
    ScimIdentity,
)
from organizations.models.membership import MembershipQuerySet
from organizations.removal.service import remove_members
from organizations.scim.accounts import change_account, find_or_make_account
from organizations.scim.filters import equalities, unknown
from organizations.scim.refusals import in_scim
from organizations.scim.resources import Email, Name, User, UserGroup
from organizations.scim.versions import require_version, version_of
from users.email_address import canonical_address
from users.models import User as Account


class Users:
    """The members of a connection's organization: read, added, changed and removed."""

    def __init__(self, connection: ScimConnection, trace_id: str) -> None:
        self.connection = connection
        self.organization_id = connection.organization_id
        self.caller = Directory(connection=connection, trace_id=trace_id)

    def lock(self, user_id: str) -> None:
        """Lock the membership and the account of a user until the transaction ends."""
        lock_members(self.organization_id, [user_id])
        lock_accounts([user_id])

    def get(self, user_id: str, asked: ResponseParameters[Any] | None = None) -> User:
        """Return a member. Raises NotFoundException."""
        known = [user_id] if is_id("usr", user_id) else []
        found = self._read(self._members().filter(user__in=known))
        if not found:
            raise NotFoundException(detail="There is no such user.")
        return found[0]

    def search(self, search_request: SearchRequest[Any]) -> SearchPage:
        """Return a page of members, in the order of their ids. Raises InvalidFilterException."""
        members = self._members()
        for attribute, value in equalities(search_request):
            members = self._narrow(members, attribute, value)
        first = (search_request.start_index or 1) - 1
        count = search_request.count
        last = None if count is None else first + count
        # Chosen before their accounts are looked up: the way to a late page passes by many.
        chosen = list(members.order_by("user").values_list("pk", flat=True)[first:last])
        page = self._members().filter(pk__in=chosen)
        # On the last page it is known how many they are, without counting them.
        is_last = (chosen or not first) and (count is None or len(chosen) < count)
        total = first + len(chosen) if is_last else members.count()
        return SearchPage(total, list(self._read(page.order_by("user"))))

    def create(self, resource: User) -> User:
        """Add a member, with an account if need be; return them. Raises UniquenessException."""
        user_name = resource.user_name or ""
        self._refuse_taken(user_name)
        account, made = find_or_make_account(resource)
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
        except ContractError as refusal:  # a member already, or an account that is erased
            raise UniquenessException(detail=refusal.message) from refusal
        identity = ScimIdentity(
            organization_id=self.organization_id,
            user=account,
            account_made_by=self.connection if made else None,
            changed_at=membership.created_at,
        )
        _name(identity, resource)
        identity.save(force_insert=True)
        if resource.active is False:
            self._set_active(account.pk, False)
        return self.get(account.pk)

    def update(self, resource: User, expected_version: str | None) -> User:
        """Write what differs from what is there; return the result.

        A member whom the directory did not know is known to it from now on. Raises
        NotFoundException, PreconditionFailedException, UniquenessException, ForbiddenException.
        """
        user_id = resource.id or ""
        self.lock(user_id)
        before = self.get(user_id)
        require_version(before, expected_version)
        user_name = resource.user_name or ""
        if user_name != before.user_name:
            self._refuse_taken(user_name, by=user_id)
        known = ScimIdentity.objects.filter(organization=self.organization_id, user=user_id)
        identity = known.first() or ScimIdentity(
            organization_id=self.organization_id, user_id=user_id
        )
        _name(identity, resource)
        identity.changed_at = timezone.now()
        identity.save()
        change_account(identity, self.connection, before, resource)
        if resource.active is not None and resource.active != before.active:
            self._set_active(user_id, resource.active)
        return self.get(user_id)

    def delete(self, user_id: str, expected_version: str | None) -> None:
        """Remove a member. Raises NotFoundException; ForbiddenException for the last owner."""
        if expected_version is not None:
            require_version(self.get(user_id), expected_version)
        target = self.connection.transfer_on_removal_id
        [outcome] = remove_members(
            self.organization_id, [user_id], transfer_to=target, caller=self.caller
        )
        if outcome.refusal:
            raise in_scim(outcome.refusal)

    def _members(self) -> MembershipQuerySet:
        """Return the members, deactivated ones too."""
        return Membership.objects.current().filter(organization=self.organization_id)

    def _narrow(
        self, members: MembershipQuerySet, attribute: str, value: object
    ) -> MembershipQuerySet:
        """Return those of these members of whom an attribute has this value."""
        text = str(value)
        match attribute:
            case "username":
                return members.filter(user__in=self._named(text))
            case "externalid":
                return members.filter(user__in=self._known_by(external_id=text) if text else [])
            case "id":
                return members.filter(user__in=[text] if is_id("usr", text) else [])
            case "emails" | "emails.value":
                accounts = Account.objects.filter(email=text)
                return members.filter(user__in=list(accounts.values_list("pk", flat=True)))
            case "emails.type":
                return members if text.lower() == "work" else members.none()
            case "active":
                in_state = {"true": members.active(), "false": members.deactivated()}
                return in_state.get(text.lower(), members.none())
        raise unknown(attribute)

    def _named(self, user_name: str) -> set[str]:
        """Return the ids of those whom SCIM shows by this userName, in any case."""
        named = self._known_by(lower_user_name=Lower(Value(user_name)))
        account = Account.objects.filter(email=user_name).values_list("pk", flat=True).first()
        if account and not self._known_by(user=account):
            named.add(account)
        return named

    def _known_by(self, **condition: object) -> set[str]:
        """Return the ids of those whose identity is so."""
        identities = ScimIdentity.objects.alias(lower_user_name=Lower("user_name")).filter(
            organization=self.organization_id, **condition
        )
        return set(identities.values_list("user", flat=True))

    def _refuse_taken(self, user_name: str, by: str = "") -> None:
        """Raise UniquenessException for the userName or the address of somebody else here."""
        named = self._known_by(lower_user_name=Lower(Value(user_name)))
        addressed = self._members().filter(user__email=canonical_address(user_name))
        if (named | set(addressed.values_list("user", flat=True))) - {by}:
            raise UniquenessException(detail="This userName belongs to another user.")

    def _set_active(self, user_id: str, is_active: bool) -> None:
        """Reactivate a member, or deactivate them. Raises ForbiddenException for the last owner."""
        if is_active:
            [outcome] = reactivate_members(self.organization_id, [user_id], caller=self.caller)
        else:
            target = self.connection.transfer_on_deactivate_id
            [outcome] = deactivate_members(
                self.organization_id, [user_id], transfer_to=target, caller=self.caller
            )
        if outcome.refusal:
            raise in_scim(outcome.refusal)

    def _read(self, members: MembershipQuerySet) -> Sequence[User]:
        """Return these members as SCIM shows them: three statements, however many."""
        found = list(members.select_related("user"))
        identities = {
            identity.user_id: identity
            for identity in ScimIdentity.objects.filter(
                organization=self.organization_id, user__in=[member.user_id for member in found]
            )
        }
        groups: dict[int, list[tuple[str, str]]] = {}
        departments = DepartmentMembership.objects.filter(membership__in=found).order_by("pk")
        for membership_id, department_id, name in departments.values_list(
            "membership", "department", "department__name"
        ):
            groups.setdefault(membership_id, []).append((department_id, name))
        return [
            _shown(member, identities.get(member.user_id), groups.get(member.pk, ()))
            for member in found
        ]


def _name(identity: ScimIdentity, resource: User) -> None:
    """Have an identity say what a resource does."""
    name = resource.name or Name()
    identity.user_name = resource.user_name or ""
    identity.external_id = resource.external_id or ""
    identity.display_name = resource.display_name or ""
    identity.formatted_name = name.formatted or ""
    identity.given_name = name.given_name or ""
    identity.family_name = name.family_name or ""


def _shown(
    member: Membership, identity: ScimIdentity | None, groups: Iterable[tuple[str, str]]
) -> User:
    """Return a member as SCIM shows them; whom the directory does not know, by the address."""
    known = identity or ScimIdentity(user_name=member.user.email, changed_at=member.created_at)
    name = Name(
        formatted=known.formatted_name or None,
        given_name=known.given_name or None,
        family_name=known.family_name or None,
    )
    resource = User(
        id=member.user_id,
        external_id=known.external_id or None,
        user_name=known.user_name,
        name=name if any(value for _, value in name) else None,
        display_name=known.display_name or None,
        emails=[Email(value=member.user.email, type="work", primary=True)],
        active=member.deactivated_at is None,
        groups=[
            UserGroup.model_construct(
                value=department_id, ref=Reference(f"Groups/{department_id}"), display=name
            )
            for department_id, name in groups
        ]
        or None,
    )
    changes = [member.created_at, known.changed_at, member.deactivated_at]
    resource.meta = Meta(
        resource_type="User",
        created=member.created_at,
        last_modified=max(filter(None, changes)),
        version=version_of(resource),
    )
    return resource
