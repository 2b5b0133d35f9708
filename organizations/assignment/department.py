"""Who belongs to a department changes as a whole: for a directory's groups."""

from collections.abc import Collection

from django.db import transaction

from organizations.assignment.change import Change
from organizations.exceptions import UserNotFoundError
from organizations.guards.acts import ASSIGN
from organizations.guards.caller import Caller
from organizations.locks import lock_members
from organizations.models import DepartmentMembership, Event, Membership
from organizations.retries import retried


@retried
def change_department(
    organization_id: str,
    department_id: str,
    *,
    joining: Collection[str],
    leaving: Collection[str],
    caller: Caller,
) -> None:
    """Have members join and leave a department of their organization, by their user ids.

    They may be deactivated. Who belongs to it already, or does not, is left as they are, without an
    event. For callers with every capability. Raises UserNotFoundError for somebody who joins and is
    no member, and the ContractError of a caller who may not. The number of SQL statements does not
    depend on how many users there are.
    """
    with transaction.atomic():
        locked = lock_members(organization_id, [*joining, *leaving], caller=caller)
        caller.authority(organization_id, ASSIGN)
        if unknown := set(joining).difference(locked):
            raise UserNotFoundError({"user_id": min(unknown)})
        here = DepartmentMembership.objects.filter(department=department_id)
        before = set(here.filter(user__in=locked).values_list("user", flat=True))
        change = Change.between(before, before.union(joining).difference(leaving))
        DepartmentMembership.objects.bulk_create(
            DepartmentMembership(
                organization_id=organization_id,
                membership=Membership(pk=locked[user_id], user_id=user_id),
                department_id=department_id,
            )
            for user_id in change.added
        )
        here.filter(user__in=change.removed).delete()
        Event.objects.bulk_record(
            caller.event(
                Event.Type.MEMBER_UPDATED,
                organization_id,
                user_id=user_id,
                data={
                    "roles_added": [],
                    "roles_removed": [],
                    "departments_added": [department_id] if user_id in change.added else [],
                    "departments_removed": [department_id] if user_id in change.removed else [],
                },
            )
            for user_id in [*change.added, *change.removed]
        )
