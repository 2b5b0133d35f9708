"""Who belongs to a department changes as a whole: for a directory's groups."""

from collections.abc import Collection
from pathlib import Path

from django.db import connection as database
from django.db import transaction
from django.utils import timezone

from organizations.application_log import log_on_commit
from organizations.exceptions import UserNotFoundError
from organizations.guards.acts import ASSIGN
from organizations.guards.caller import Caller
from organizations.locks import lock_members
from organizations.retries import retried

CHANGE = Path(__file__).with_name("department_members.sql").read_text(encoding="utf-8")


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
    event; who joins and leaves, leaves. For callers with every capability. Raises UserNotFoundError
    for somebody who joins and is no member, and the ContractError of a caller who may not. The
    number of SQL statements does not depend on how many users there are, and the time grows with
    their number.
    """
    record = {"organization_id": organization_id, **caller.columns}
    asked = set(joining).union(leaving)
    with transaction.atomic():
        locked = lock_members(organization_id, asked, caller=caller)
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
                    **record,
                    **members,
                    "department_id": department_id,
                    "changed_at": timezone.now(),
                },
            )
            changed = cursor.fetchall()
        log_on_commit(
            "member_updated",
            caller.source,
            (
                {
                    **record,
                    "event_id": event_id,
                    "user_id": user_id,
                    "roles_added": [],
                    "roles_removed": [],
                    "departments_added": [department_id] if joined else [],
                    "departments_removed": [] if joined else [department_id],
                }
                for event_id, user_id, joined in changed
            ),
        )
