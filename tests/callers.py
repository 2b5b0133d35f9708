"""Callers of the services, as tests need them."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypedDict

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.guards.acts import Act
from organizations.guards.caller import Authority, Caller
from organizations.models import Connection, Source
from users.models import User


class CallerFields(TypedDict, total=False):
    """What a test may say about the caller of a change."""

    source: Source
    actor: User | None
    connection: Connection | None
    reason: str
    trace_id: str
    capabilities: frozenset[Capability]
    may_give_owner: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWith(Caller):
    """A caller with the capabilities that the test names: all, if it names none."""

    source: Source = Source.ADMIN
    capabilities: frozenset[Capability] = ALL_CAPABILITIES
    may_give_owner: bool = True

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        return Authority(self.capabilities, self.may_give_owner)
