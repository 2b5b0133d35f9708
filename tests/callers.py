"""Callers of the services, as tests need them."""

from collections.abc import Collection
from dataclasses import dataclass

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.guards.acts import Act
from organizations.guards.caller import Authority, Caller
from organizations.models import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWith(Caller):
    """A caller who may do what the test says, whoever they are: everything, if it says nothing."""

    source: Source = Source.ADMIN
    capabilities: frozenset[Capability] = ALL_CAPABILITIES
    may_give_owner: bool = True

    def authority(
        self, organization_id: str, act: Act | None = None, *, user_ids: Collection[str] = ()
    ) -> Authority:
        return Authority(self.capabilities, self.may_give_owner)
