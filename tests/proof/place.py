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
class Record:
    """What a removal took, and the resources that are where it put them."""

    roles: set[str]
    departments: set[str]
    was_deactivated: bool
    resources: set[str]


@dataclass
class Place:
    """What must be true of one organization."""

    organization: Organization
    departments: list[Department]
    # Names of roles and ids of departments, by user id.
    members: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    deactivated: set[str] = field(default_factory=set)
    resources: dict[str, str] = field(default_factory=dict)  # id -> id of its user or department
    records: dict[str, Record] = field(default_factory=dict)  # the latest, by user id
    removals: int = 0
    restorations: int = 0

    def capabilities(self, user: str) -> frozenset[Capability]:
        return frozenset().union(*(ROLES[role] for role in self.members[user][0]))

    def is_active(self, user: str) -> bool:
        return user in self.members and user not in self.deactivated

    def pass_on(self, user: str, target: str | None) -> set[str]:
        """Return what passed on: everything of the user, if there is a target."""
        passed = {r for r, holder in self.resources.items() if target and holder == user}
        for record in self.records.values():
            record.resources -= passed
        self.resources |= dict.fromkeys(passed, target or "")
        return passed

    def removed(self, user: str, target: str | None) -> None:
        roles, departments = self.members.pop(user)
        was_deactivated = user in self.deactivated
        self.deactivated.discard(user)
        passed = self.pass_on(user, target)
        self.records[user] = Record(roles, departments, was_deactivated, passed)
        self.removals += 1

    def restored(self, user: str) -> int:
        """Return how many resources came back."""
        record = self.records[user]
        self.members[user] = (set(record.roles), set(record.departments))
        if record.was_deactivated:
            self.deactivated.add(user)
        self.restorations += 1
        back, record.resources = record.resources, set()
        self.resources |= dict.fromkeys(back, user)
        return len(back)
