"""What must be true of an organization, as the state machine keeps account of it."""

from dataclasses import dataclass, field

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.models import Department, Organization

ROLES = {
    "Owner": ALL_CAPABILITIES,
    "Admin": ALL_CAPABILITIES,
    "Remover": frozenset({Capability.REMOVE_USERS}),
    "Member": frozenset[Capability](),
}


@dataclass
class Place:
    """What must be true of one organization."""

    organization: Organization
    departments: list[Department]
    # Names of roles and ids of departments, by user id.
    members: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)  # id -> id of its user or department
    removals: int = 0

    def capabilities(self, user: str) -> frozenset[Capability]:
        return frozenset().union(*(ROLES[role] for role in self.members[user][0]))

    def removed(self, user: str, target: str | None) -> None:
        del self.members[user]
        self.removals += 1
        for resource, holder in self.resources.items():
            if target and holder == user:
                self.resources[resource] = target
