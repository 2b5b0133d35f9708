"""Decides what each registration does, by the present resources."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from config.api.errors import InvalidFieldsError
from config.errors import ContractError
from config.identifiers import generate_id
from organizations.exceptions import (
    DepartmentNotFoundError,
    ResourceNotFoundError,
    TooManyResourceTypesError,
    UserNotFoundError,
)
from organizations.models import Department, Membership, ResourceType
from organizations.models.resource_type import MOST_TYPES
from organizations.resources.registration import OWNER_DEPARTMENT, OWNER_USER, Registration
from organizations.resources.rows import Found, Row


class Result(Enum):
    """What a registration did."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a registration does, to which resource, or why it does nothing."""

    wanted: Registration
    row: Row | None = None  # the resource as it was before, if it existed
    result: Result | None = None
    refusal: ContractError | None = None
    new_id: str | None = None  # of a resource that is made

    @property
    def is_final(self) -> bool:
        """Whether nothing is to be written for it."""
        return self.refusal is not None or self.result is Result.UNCHANGED

    @property
    def resource_id(self) -> str | None:
        """The id of the resource that is made, changed or unchanged, or None for a refusal."""
        return self.row.id if self.row and not self.refusal else self.new_id


@dataclass(frozen=True, slots=True)
class Owners:
    """Who can own something: members, with whether they are active, and departments."""

    members: Mapping[str, bool]
    departments: frozenset[str]

    def refuse(self, wanted: Registration, row: Row | None) -> ContractError | None:
        """Return why the owner that is named cannot own the resource, or None.

        A new owner must be an active member. The present owner may be deactivated, but must still
        be a member, so that a synchronisation learns that somebody has left.
        """
        owner = wanted.owner
        if owner is None:
            return None
        if wanted.owner_field == OWNER_DEPARTMENT:
            if owner in self.departments:
                return None
            return DepartmentNotFoundError({"department_id": owner})
        is_present_owner = row is not None and row.owner == owner
        if owner in self.members and (is_present_owner or self.members[owner]):
            return None
        return UserNotFoundError({"user_id": owner})


def named_departments(organization_id: str, wanted: Collection[Registration]) -> frozenset[str]:
    """Return which of the departments that these name the organization has."""
    named = {each.owner for each in wanted if each.owner and each.owner_field == OWNER_DEPARTMENT}
    rows = Department.objects.named(*named).filter(organization=organization_id)
    return frozenset(rows.values_list("pk", flat=True)) if named else frozenset()


def named_users(wanted: Collection[Registration]) -> set[str]:
    """Return the ids of the users that these name as owners."""
    return {each.owner for each in wanted if each.owner and each.owner_field == OWNER_USER}


def read_owners(organization_id: str, wanted: Collection[Registration]) -> Owners:
    """Return which of the named users and departments can own something, without a lock."""
    members = Membership.objects.current().of(organization_id, named_users(wanted))
    return Owners(
        dict(members.values_list("user", "is_active")), named_departments(organization_id, wanted)
    )


def decide(
    organization_id: str,
    wanted: Sequence[Registration],
    found: Found,
    owners: Owners,
    *,
    made_types: Collection[str] = (),
) -> list[Decision]:
    """Return what each of these registrations does.

    ``made_types`` are those that an earlier part of a preview would have made.
    """
    decisions = [_decide(each, found, owners) for each in wanted]
    return _refuse_types(organization_id, decisions, made_types)


def _decide(wanted: Registration, found: Found, owners: Owners) -> Decision:
    """Return what one registration does."""
    row = found.of(wanted)
    refusal = _refuse_key(wanted, row, found) or owners.refuse(wanted, row)
    if refusal is None and row is None and wanted.owner is None:
        refusal = _invalid(OWNER_USER, "A new resource has an owner: a user or a department.")
    if refusal:
        return Decision(wanted, row, refusal=refusal)
    if row is None:
        return Decision(wanted, result=Result.CREATED, new_id=generate_id("res"))
    is_same = row.after(wanted) == row
    return Decision(wanted, row, Result.UNCHANGED if is_same else Result.UPDATED)


def _refuse_key(wanted: Registration, row: Row | None, found: Found) -> ContractError | None:
    """Return why a registration with an id cannot give its resource the key, or None."""
    if wanted.id is None:
        return None
    if row is None:
        return ResourceNotFoundError({"resource_id": wanted.id})
    if row.key not in (None, wanted.key):
        return _invalid("id", "This resource has another key already.")
    other = found.by_key.get(wanted.key)
    if other is not None and other.id != row.id:
        return _invalid("external_id", "Another resource has this key already.")
    return None


def _refuse_types(
    organization_id: str, decisions: list[Decision], made_types: Collection[str]
) -> list[Decision]:
    """Refuse those whose new type exceeds the limit, which the first new types use up."""
    named = {each.wanted.type for each in decisions if not each.is_final}
    if not named:
        return decisions
    types = ResourceType.objects.filter(organization=organization_id)
    allowed = {*types.values_list("slug", flat=True), *made_types}
    limited = []
    for decision in decisions:
        slug = decision.wanted.type
        if not decision.is_final and slug not in allowed and len(allowed) >= MOST_TYPES:
            refusal = TooManyResourceTypesError({"type": slug, "limit": MOST_TYPES})
            limited.append(Decision(decision.wanted, decision.row, refusal=refusal))
        else:
            limited.append(decision)
            if not decision.is_final:
                allowed.add(slug)
    return limited


def _invalid(field: str, message: str) -> ContractError:
    """Return the refusal of one field."""
    return InvalidFieldsError({field: [message]})
