"""Changes the members of one department as a whole, for a directory's groups."""

from collections.abc import Collection
from pathlib import Path

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from config.retries import retried
from organizations.application_log import log_on_commit
from organizations.assignment.service import Change, event_data
from organizations.exceptions import UserNotFoundError
from organizations.guards.acts import ASSIGN
from organizations.guards.caller import Caller
from organizations.locks import lock_members
from organizations.models import Event

CHANGE = Path(__file__).with_name("department_members.sql").read_text(encoding="utf-8")


@retried
def change_department_members(
    organization_id: str,
    department_id: str,
    *,
    joining: Collection[str],
    leaving: Collection[str],
    caller: Caller,
) -> None:
    """Have members join and leave a department of their organization, by their user ids.

    They may be deactivated. A user who is in the department already, or leaves and is not in it,
    stays as they are, without an event; a user in both lists leaves. It does not check what the
    caller may give: it is for callers with every capability. Raises UserNotFoundError for somebody
    who joins and is no member, and the ContractError of a caller who may change nothing. The number
    of SQL statements does not depend on how many users there are.
    """
    with transaction.atomic():
        locked = lock_members(organization_id, {*joining, *leaving}, caller=caller)
        caller.authority(organization_id, ASSIGN)
        if unknown := set(joining).difference(locked):
            raise UserNotFoundError({"user_id": min(unknown)})
        members = {
            "joining": [locked[user_id] for user_id in set(joining).difference(leaving)],
            "leaving": [locked[user_id] for user_id in set(leaving).intersection(locked)],
        }
        with database.cursor() as cursor:
            cursor.execute(
                CHANGE,
                {
                    **caller.columns,
                    **members,
                    "organization_id": organization_id,
                    "department_id": department_id,
                    "changed_at": timezone.now(),
                },
            )
            changed = cursor.fetchall()
        joins, parts = Change([department_id], []), Change([], [department_id])
        log_on_commit(
            "member_updated",
            caller.source,
            (
                caller.event(
                    Event.Type.MEMBER_UPDATED,
                    organization_id,
                    id=event_id,
                    user_id=user_id,
                    data=event_data(departments=joins if joined else parts),
                ).log_fields()
                for event_id, user_id, joined in changed
            ),
        )
