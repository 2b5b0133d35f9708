"""Changes the members of one department as a whole, for a directory's groups."""

import json
from collections.abc import Collection
from pathlib import Path

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from config.retries import retried
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
    """Add members to a department of their organization and take others out, by user id.

    They may be deactivated. A user who is in it already, or is to leave and is not in it, is left
    alone, without an event; a user in both lists leaves. Does not check what the caller may give:
    callers have every capability. Raises UserNotFoundError for a joining user who is no member, and
    the ContractError of a caller who may change nothing. Takes a fixed number of SQL statements.
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
        Event.objects.log(
            Event.Type.MEMBER_UPDATED,
            caller.source,
            (
                caller.event(
                    Event.Type.MEMBER_UPDATED,
                    organization_id,
                    id=event_id,
                    user_id=user_id,
                    data=json.loads(data),
                )
                for event_id, user_id, data in changed
            ),
        )
