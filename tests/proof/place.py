"""What must be true of an organization, as the state machine keeps account of it."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from organizations.capabilities import ALL_CAPABILITIES, Capability
from organizations.guards.transfer_targets import Goal, Targets
from organizations.models import Department, Organization

ROLES = {
    "Owner": ALL_CAPABILITIES,
    "Admin": ALL_CAPABILITIES,
    "Remover": frozenset({Capability.REMOVE_USERS}),
    "Member": frozenset[Capability](),
}
FOR_ALL, FOR_DOCUMENTS = "all", "documents"  # steps

Target = str | Targets | None


def targets_of(target: Target) -> Targets:
    """Return the targets where an id stands for everything."""
    return target if isinstance(target, Targets) else Targets(target)


@dataclass
class Record:
    """What a removal took from whom, and the resources that bear its mark."""

    user: str
    number: int  # among the removals of its organization
    roles: set[str]
    departments: set[str]
    was_deactivated: bool
    resources: set[str]
    # Of these, what bore the mark of another removal before, which may have been undone since.
    below: "dict[str, Record]" = field(default_factory=dict)
    is_undone: bool = False


@dataclass
class Place:
    """What must be true of one organization."""

    organization: Organization
    departments: list[Department]
    # Names of roles and ids of departments, by user id.
    members: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    deactivated: set[str] = field(default_factory=set)
    resources: dict[str, str] = field(default_factory=dict)  # id -> id of its user or department
    types: dict[str, str] = field(default_factory=dict)  # of resources, but the default type
    keys: dict[tuple[str, str], str] = field(default_factory=dict)  # type and key -> id
    deleted: Counter[str] = field(default_factory=Counter)  # how many resources, by type
    records: dict[str, Record] = field(default_factory=dict)  # the latest, by user id
    marks: dict[str, Record] = field(default_factory=dict)  # what moved it last, by resource id
    scheduled: dict[str, Target] = field(default_factory=dict)  # by user id, in turn
    tenures: Counter[str] = field(default_factory=Counter)  # how many each user has had
    removals: int = 0
    # How many resources of removed members, by user, type and target.
    removed: Counter[tuple[str, str, str | None]] = field(default_factory=Counter)
    restorations: int = 0
    # States of the tasks, by user, number of the removal and key.
    tasks: dict[tuple[str, int, str], str] = field(default_factory=dict)
    events: Counter[tuple[str, str | None]] = field(default_factory=Counter)  # by type and user

    def capabilities(self, user: str) -> frozenset[Capability]:
        return frozenset().union(*(ROLES[role] for role in self.members[user][0]))

    def is_below(self, user: str, authority: frozenset[Capability]) -> bool:
        """Whether the roles of somebody, or of their last record, grant no more than this."""
        roles = set[str]()
        if user in self.members:
            roles, _ = self.members[user]
        elif user in self.records:
            roles = self.records[user].roles
        return all(ROLES[role] <= authority for role in roles)

    def is_active(self, user: str) -> bool:
        return user in self.members and user not in self.deactivated

    def type_of(self, resource: str) -> str:
        return self.types.get(resource, "resource")

    def owned_by(self, holder: str) -> set[str]:
        return {resource for resource, now in self.resources.items() if now == holder}

    def missed_goals(self, target: Target, asked: Collection[str]) -> list[Goal]:
        """What cannot pass to a department or a person if these users are asked to leave."""
        return [
            goal
            for goal in targets_of(target).goals
            if goal.target is not None
            and goal.target not in {department.pk for department in self.departments}
            and (not self.is_active(goal.target) or goal.target in asked)
        ]

    def target_code(self, target: Target, asked: Collection[str]) -> str | None:
        """Why nothing passes on if these users are asked to leave: of the first target."""
        for goal in self.missed_goals(target, asked):
            is_department = (goal.target or "").startswith("dept_")
            return "DEPARTMENT_NOT_FOUND" if is_department else "TRANSFER_USER_NOT_FOUND"
        return None

    def begin(self, user: str, roles: Iterable[str] = (), departments: Iterable[str] = ()) -> None:
        """Somebody is a member from now on."""
        self.members[user] = (set(roles), set(departments))
        self.tenures[user] += 1

    def add(self, user: str, roles: Iterable[str], departments: Iterable[str]) -> None:
        self.begin(user, roles, departments)
        self.events["member.added", user] += 1

    def replace(self, user: str, roles: set[str], departments: set[str]) -> None:
        if self.members[user] != (roles, departments):
            self.events["member.updated", user] += 1
        self.members[user] = (set(roles), set(departments))

    def deactivate(self, user: str, target: Target) -> int:
        """Return how many resources passed on."""
        self.deactivated.add(user)
        self.events["member.deactivated", user] += 1
        return len(self.pass_on(user, target))

    def reactivate(self, user: str) -> None:
        self.deactivated.discard(user)
        self.events["member.reactivated", user] += 1

    def pass_on(self, user: str, target: Target) -> dict[str, str]:
        """Return what of the user's passed on, and to whom: what its type has a target for."""
        targets = targets_of(target)
        passed = {
            resource: to
            for resource in self.owned_by(user)
            if (to := targets.target_of(self.type_of(resource)))
        }
        for resource in passed:
            self.unmark(resource)
        self.resources |= passed
        return passed

    def unmark(self, resource: str) -> None:
        """No removal can give it back any more."""
        if record := self.marks.pop(resource, None):
            record.resources.discard(resource)

    def transfer(self, user: str, target: Target) -> int:
        """Return how many resources passed on by themselves."""
        passed = self.pass_on(user, target)
        self.events["resources.transferred", user] += len(set(passed.values()))
        return len(passed)

    def remove(self, user: str, target: Target) -> None:
        roles, departments = self.members.pop(user)
        self.scheduled.pop(user, None)
        was_deactivated = user in self.deactivated
        self.deactivated.discard(user)
        before, owned = dict(self.marks), self.owned_by(user)
        passed = self.pass_on(user, target)
        self.removed.update((user, self.type_of(each), passed.get(each)) for each in owned)
        self.removals += 1
        below = {resource: before[resource] for resource in passed.keys() & before.keys()}
        record = Record(
            user, self.removals, roles, departments, was_deactivated, set(passed), below
        )
        self.records[user] = record
        self.marks |= dict.fromkeys(passed, record)
        self.events["member.removed", user] += 1
        self.tasks[user, self.removals, FOR_ALL] = "open"
        if any(self.type_of(each) == "document" for each in owned):
            self.tasks[user, self.removals, FOR_DOCUMENTS] = "open"

    def restore(self, user: str) -> int:
        """Return how many resources came back."""
        record = self.records[user]
        self.begin(user, record.roles, record.departments)
        if record.was_deactivated:
            self.deactivated.add(user)
        self.restorations += 1
        self.events["member.restored", user] += 1
        back, record.resources = record.resources, set()
        record.is_undone = True
        for key in (FOR_ALL, FOR_DOCUMENTS):
            if self.tasks.get((user, record.number, key)) in {"open", "failed"}:
                self.tasks[user, record.number, key] = "cancelled"
        self.resources |= dict.fromkeys(back, user)
        for resource in back:
            del self.marks[resource]
            below = record.below.get(resource)
            if below and not below.is_undone:
                self.marks[resource] = below
                below.resources.add(resource)
        return len(back)

    def change_task(self, user: str, key: str, state: str) -> str | None:
        """Return why a task of the user's latest removal does not change, or None if it may."""
        record = self.records.get(user)
        task = (user, record.number if record else 0, key)
        if record is None or task not in self.tasks:
            return "TASK_NOT_FOUND"
        if self.tasks[task] == state:
            return None
        if record.is_undone:
            return "TASK_CANCELLED"
        self.tasks[task] = state
        self.events["task.reopened" if state == "open" else "task.closed", user] += 1
        return None

    # What other systems register

    def owner_code(self, owner: str | None, resource: str | None) -> str | None:
        """Why a resource, or a new one, does not become somebody's."""
        if owner is None:
            return None if resource else "VALIDATION_ERROR"
        if owner.startswith("dept_"):
            known = owner in {department.pk for department in self.departments}
            return None if known else "DEPARTMENT_NOT_FOUND"
        has_it = owner in self.members and resource and self.resources[resource] == owner
        return None if has_it or self.is_active(owner) else "USER_NOT_FOUND"

    def register(self, resource: str, key: tuple[str, str], owner: str | None) -> set[str]:
        """Return who lost it: its user or department, or nobody."""
        before = self.resources.get(resource)
        self.types[resource], self.keys[key] = key[0], resource
        if owner is None or owner == before:
            return set()
        self.resources[resource] = owner
        self.unmark(resource)
        return {before} if before else set()

    def delete(self, resource: str) -> None:
        holder = self.resources.pop(resource)
        self.unmark(resource)
        self.deleted[self.type_of(resource)] += 1
        self.types.pop(resource, None)
        self.keys = {key: known for key, known in self.keys.items() if known != resource}
        user = holder if holder.startswith("usr_") else None
        self.events["resources.deleted", user] += 1
