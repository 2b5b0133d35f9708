"""The caller of a change, and what the caller may do at this moment."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.http import HttpRequest

from config.api.errors import TokenInvalidError
from config.identifiers import is_id
from config.prepared_statements import fetch_prepared
from config.trace import trace_id_of
from organizations.capabilities import ALL_CAPABILITIES, Capability, effective
from organizations.exceptions import InsufficientPermissionsError, OrganizationAccessDeniedError
from organizations.guards.acts import REMOVE, Act
from organizations.models import Connection, ConnectionToken, Event, Source
from users.api_view import AuthenticatedRequest
from users.login import staff_of
from users.models import AccessToken, User

STANDING = Path(__file__).with_name("standing.sql").read_text(encoding="utf-8")
_READ_STANDING = (
    f"WITH {STANDING} SELECT token_works, is_member, is_owner, capabilities FROM standing"  # noqa: S608 (our own text)
)
ONLY_A_PERSON = "this takes a person: a connection may not, whatever its capabilities."
LONGEST_REASON = 1000  # characters, at every door
_EVERY_CAPABILITY = Capability.values  # as text: psycopg takes four times as long for an enum
_SHARE_ACCOUNT = "SELECT FROM users_user WHERE id = %s FOR SHARE"
_SHARE_CONNECTION = "SELECT FROM organizations_scimconnection WHERE id = %s FOR SHARE"


@dataclass(frozen=True, slots=True)
class Authority:
    """What somebody may do in an organization at this moment."""

    capabilities: frozenset[Capability]
    may_give_owner: bool  # owners make others owners

    def refuse_granting(self, granted: Iterable[str]) -> InsufficientPermissionsError | None:
        """Return the refusal of a role that grants a capability which the caller lacks, or None."""
        if lacking := frozenset(map(Capability, granted)) - self.capabilities:
            return InsufficientPermissionsError(
                {"required_capabilities": sorted(lacking)},
                system_message="the role grants capabilities that the caller lacks.",
            )
        return None


EVERYTHING = Authority(ALL_CAPABILITIES, may_give_owner=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(ABC):
    """The caller of a change, its source and its reason: record, event and log line name them.

    A caller does not keep an authority: `authority` reads it from the database at each call.
    """

    source: Source
    actor: User | None = None
    connection: Connection | None = None
    reason: str = ""
    trace_id: str = ""

    @staticmethod
    def of(request: AuthenticatedRequest, *, reason: str = "") -> "Person | Program":
        """Return the caller of a request of the API: a person or a program."""
        token, trace_id = request.auth, trace_id_of(request)
        if isinstance(token, ConnectionToken):
            return Program(
                connection=token.connection, token=token, reason=reason, trace_id=trace_id
            )
        assert isinstance(token, AccessToken)  # noqa: S101  # there is no third kind
        return Person(actor=token.user, token=token, reason=reason, trace_id=trace_id)

    @abstractmethod
    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        """Return the authority that the caller has in an organization now.

        With ``act``, on ``user_ids``, it also requires what the act requires. Raises
        TokenInvalidError, OrganizationAccessDeniedError and InsufficientPermissionsError.
        """

    @property
    def member_id(self) -> str:
        """Return the user id of a caller who acts as a member of the organization, or ""."""
        return ""

    @property
    def account_id(self) -> str:
        """Return the id of the staff account that a caller acts by, or ""."""
        return ""

    @property
    def share_lock(self) -> tuple[str, list[object]] | None:
        """Return the statement that locks, FOR SHARE, the row that lets a non-member act."""
        return (_SHARE_CONNECTION, [self.connection.pk]) if self.connection else None

    def is_about_self(self, user_id: str) -> bool:
        """Return whether this user is the caller; never for an operator."""
        return self.actor is not None and self.actor.pk == user_id

    @property
    def columns(self) -> dict[str, str | None]:
        """Return the columns of records, events and log lines that name the caller."""
        return {
            "actor_id": self.actor.pk if self.actor else None,
            "connection_id": self.connection.pk if self.connection else None,
            "source": self.source.value,
            "trace_id": self.trace_id,
        }

    def event(self, event_type: Event.Type, organization_id: str, **fields: Any) -> Event:
        """Return an unsaved event of what this caller does."""
        return Event(
            type=event_type,
            organization_id=organization_id,
            **{**self.columns, "reason": self.reason, **fields},
        )

    def guard_parameters(
        self, organization_id: str, act: Act, user_ids: Collection[str]
    ) -> dict[str, Any]:
        """Return the parameters of guards.sql about the caller. Raises as `authority`."""
        authority = self.authority(organization_id, act, user_ids=user_ids)
        return _parameters(organization_id, authority=authority.capabilities)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Caller):
    """A member: with a token, or without one when a removal that they scheduled is due."""

    actor: User
    source: Source = Source.API
    token: AccessToken | None = None

    @property
    def member_id(self) -> str:
        return self.actor.pk

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        [(token_works, is_member, is_owner, names)] = fetch_prepared(
            _READ_STANDING, self.guard_parameters(organization_id, REMOVE, ())
        )
        if not token_works:
            raise TokenInvalidError
        if not is_member:
            raise OrganizationAccessDeniedError({"organization_id": organization_id})
        capabilities = frozenset(map(Capability, names))
        needed = self._needed(act, user_ids) if act else ()
        if needed and capabilities.isdisjoint(needed):
            raise _lacking(needed)
        return Authority(capabilities, may_give_owner=is_owner)

    def guard_parameters(
        self, organization_id: str, act: Act, user_ids: Collection[str]
    ) -> dict[str, Any]:
        return _parameters(
            organization_id,
            caller_id=self.actor.pk,
            token_id=self.token.pk if self.token else None,
            needed=self._needed(act, user_ids),
        )

    def _needed(self, act: Act, user_ids: Collection[str]) -> tuple[Capability, ...]:
        """Return the capabilities, one of which the act requires; any member may leave."""
        leaves = act == REMOVE and set(user_ids) == {self.actor.pk}
        return () if leaves else act.capabilities


@dataclass(frozen=True, slots=True, kw_only=True)
class Staff(Caller):
    """An account of the admin, with Django's permissions in every organization."""

    actor: User
    source: Source = Source.ADMIN

    @classmethod
    def at(cls, request: HttpRequest, *, reason: str = "") -> "Staff":
        """Return the caller of a request of the admin, which only staff can send."""
        return cls(actor=staff_of(request), reason=reason, trace_id=trace_id_of(request))

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        # Read again, since the account of the request has cached its permissions.
        account = User.objects.filter(pk=self.actor.pk).first()
        if account is None or not account.is_active or not account.is_staff:
            raise OrganizationAccessDeniedError({"organization_id": organization_id})
        if act and not act.is_staffs(account):
            raise InsufficientPermissionsError
        return EVERYTHING

    @property
    def account_id(self) -> str:
        return self.actor.pk

    @property
    def share_lock(self) -> tuple[str, list[object]] | None:
        return _SHARE_ACCOUNT, [self.actor.pk]


@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Caller):
    """A program, by its connection: with a token, or without one when its schedule is due.

    It has its capabilities in its organization, and makes no owners.
    """

    connection: Connection
    source: Source = Source.API
    token: ConnectionToken | None = None

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        enabled = Connection.objects.enabled().filter(pk=self.connection.pk)
        if self.token:
            enabled = enabled.with_token(self.token.digest)
        connection = enabled.first()
        if connection is None and self.token:
            raise TokenInvalidError
        if connection is None or connection.organization_id != organization_id:
            raise OrganizationAccessDeniedError({"organization_id": organization_id})
        capabilities = effective(connection.capabilities)
        if act and act.takes_a_person:
            raise InsufficientPermissionsError(
                {"required_capabilities": list(act.capabilities)},
                system_message=ONLY_A_PERSON,
            )
        if act and act.capabilities and capabilities.isdisjoint(act.capabilities):
            raise _lacking(act.capabilities)
        return Authority(capabilities, may_give_owner=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory(Caller):
    """A directory, by its connection: with every capability, except that it makes no owners."""

    connection: Connection
    source: Source = Source.SCIM

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        enabled = (
            Connection.objects.directories()
            .enabled()
            .filter(pk=self.connection.pk, organization=organization_id)
        )
        if not enabled.exists():
            raise OrganizationAccessDeniedError({"organization_id": organization_id})
        return Authority(ALL_CAPABILITIES, may_give_owner=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator(Caller):
    """An operator of a command, with every capability; the actor is only named on records."""

    source: Source = Source.COMMAND

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        return EVERYTHING

    def is_about_self(self, user_id: str) -> bool:
        return False


def _lacking(needed: Collection[Capability]) -> InsufficientPermissionsError:
    """Return the refusal of a caller who has none of these capabilities and needs one."""
    return InsufficientPermissionsError(
        {"required_capabilities": list(needed)},
        system_message="one of the required capabilities is enough." if len(needed) > 1 else None,
    )


def _parameters(
    organization_id: str,
    *,
    caller_id: str | None = None,
    token_id: int | None = None,
    needed: Collection[Capability] = (),
    authority: Collection[Capability] = (),
) -> dict[str, Any]:
    """Return the parameters of standing.sql, and those of guards.sql about the caller."""
    return {
        "organization_id": organization_id if is_id("org", organization_id) else None,
        "caller_id": caller_id,
        "token_id": token_id,
        "every_capability": _EVERY_CAPABILITY,
        "needed": [capability.value for capability in needed],
        "authority": [capability.value for capability in authority],
    }
