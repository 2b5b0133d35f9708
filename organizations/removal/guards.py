"""Who cannot be removed: the rules that a removal and its preview share."""

from collections.abc import Collection, Sequence

from config.errors import ContractError
from organizations.capabilities import Capability
from organizations.exceptions import InsufficientPermissionsError, LastOwnerCannotBeRemovedError
from organizations.models import Membership, Organization, RoleAssignment


def find_refusals(
    memberships: Sequence[Membership], *, authority: frozenset[Capability], lock: bool
) -> dict[int, ContractError]:
    """Return why members of one organization cannot be removed, by membership id.

    The contract's checks 6 and 7, decided as if the members left in the order given: of the last
    owners, the one who would go last stays. With ``lock`` the answer holds until the end of the
    transaction; the memberships must be locked already.
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
    if leaving and not _other_owner_stays(leaving, lock=lock):
        # The last to go of those with an active account; where nobody's is, all of them.
        with_account = [m for m in leaving if owners[m.pk]]
        for membership in with_account[-1:] or leaving:
            refusals[membership.pk] = LastOwnerCannotBeRemovedError(
                {"user_id": membership.user_id, "organization_id": membership.organization_id}
            )
    return refusals


def _other_owner_stays(leaving: Collection[Membership], *, lock: bool) -> bool:
    """Tell whether the organization has an active owner besides these."""
    organization_id = next(iter(leaving)).organization_id
    if lock:
        Organization.objects.select_for_update(no_key=True).get(pk=organization_id)
    others = Membership.objects.owners().filter(organization=organization_id)
    return others.exclude(pk__in=[membership.pk for membership in leaving]).exists()
