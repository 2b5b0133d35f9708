"""Who cannot be removed: the rules that a removal and its preview share."""

from collections.abc import Collection, Mapping, Sequence

from config.errors import ContractError
from config.identifiers import is_id
from organizations.capabilities import Capability
from organizations.exceptions import (
    DepartmentNotFoundError,
    InsufficientPermissionsError,
    LastOwnerCannotBeRemovedError,
)
from organizations.models import Department, Membership, Organization, RoleAssignment


def find_refusals(
    memberships: Sequence[Membership],
    *,
    authority: frozenset[Capability],
    lock: bool,
    gone: Collection[int] = (),
) -> dict[int, ContractError]:
    """Return why members of one organization cannot be removed, by membership id.

    The contract's checks 6 and 7, decided as if the members left in the order given: of the last
    owners, the one who would go last stays. With ``lock`` the answer holds until the end of the
    transaction; the memberships must be locked already. A preview in parts names the memberships
    of the owners who would be ``gone`` by now.
    """
    decisive = RoleAssignment.objects.decisive(memberships, authority)
    if lock:
        decisive = decisive.select_for_update(of=("self",))

    held_by: dict[int, set[str]] = {}
    owners: dict[int, bool] = {}  # whether their account is active
    for assignment in decisive:
        held_by.setdefault(assignment.membership_id, set()).update(assignment.role.capabilities)
        if assignment.role.is_owner:
            owners[assignment.membership_id] = assignment.membership.user.is_active

    refusals: dict[int, ContractError] = {}
    for membership_id, held in held_by.items():
        if lacking := held - authority:
            refusals[membership_id] = InsufficientPermissionsError(
                {"required_capabilities": sorted(lacking)},
                system_message="the user holds capabilities that the caller lacks.",
            )

    leaving = [m for m in memberships if m.pk in owners and m.pk not in refusals]
    if leaving and not _other_owner_stays(leaving, gone, lock=lock):
        # The last to go of those with an active account; where nobody's is, all of them.
        with_account = [m for m in leaving if owners[m.pk]]
        for membership in with_account[-1:] or leaving:
            refusals[membership.pk] = LastOwnerCannotBeRemovedError(
                {"user_id": membership.user_id, "organization_id": membership.organization_id}
            )
    return refusals


def _other_owner_stays(
    leaving: Collection[Membership], gone: Collection[int], *, lock: bool
) -> bool:
    """Tell whether the organization has an active owner besides these."""
    organization_id = next(iter(leaving)).organization_id
    if lock:
        Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    others = Membership.objects.owners().filter(organization=organization_id)
    return others.exclude(pk__in=[*(membership.pk for membership in leaving), *gone]).exists()


def refuse_unknown_departments(
    memberships: Collection[Membership], targets: Mapping[str, str]
) -> dict[int, ContractError]:
    """Return a refusal for each member of one organization whose target it does not have.

    The contract's check 8. ``targets`` are ids of departments by user id.
    """
    asked_for = {
        member.pk: targets[member.user_id] for member in memberships if member.user_id in targets
    }
    if not asked_for:
        return {}
    known = set(
        Department.objects.filter(
            organization=next(iter(memberships)).organization_id,
            pk__in={target for target in asked_for.values() if is_id("dept", target)},
        ).values_list("pk", flat=True)
    )
    return {
        membership_id: DepartmentNotFoundError({"department_id": target})
        for membership_id, target in asked_for.items()
        if target not in known
    }
