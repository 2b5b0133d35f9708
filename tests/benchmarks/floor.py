"""The floor under any implementation: the whole removal as hand-written SQL through psycopg.

The tables have this project's foreign keys, and per member 5 roles, 3 departments and 20 resources.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

Connection = psycopg.Connection[tuple[Any, ...]]

TABLES = Path(__file__).with_name("floor.sql").read_text()
ONE_STATEMENT = Path(__file__).with_name("floor_one_statement.sql").read_text()


def prepare(connection: Connection, members: int) -> list[str]:
    """Create the tables with so many members; return the users' ids."""
    for statement in TABLES.format(members=members).split(";\n"):
        connection.execute(statement.encode())
    return [row[0] for row in connection.execute("SELECT id FROM account ORDER BY id")]


def remove_in_one_statement(connection: Connection, users: Sequence[str]) -> None:
    """Remove users in one statement."""
    with connection.transaction():
        connection.execute(ONE_STATEMENT.encode(), {"users": list(users)})


def remove_in_several_statements(connection: Connection, user: str) -> None:
    """Remove one user in nine statements."""
    execute = connection.execute
    with connection.transaction():
        [membership] = execute(
            "SELECT id FROM membership"
            " WHERE organization_id = 'org_1' AND user_id = %s AND deleted_at IS NULL FOR UPDATE",
            [user],
        ).fetchone() or [None]
        execute("SELECT 1 FROM department WHERE organization_id = 'org_1' AND id = 'dept_1'")
        roles = execute(
            "DELETE FROM role_assignment WHERE membership_id = %s RETURNING role_id", [membership]
        ).fetchall()
        departments = execute(
            "DELETE FROM department_membership WHERE membership_id = %s RETURNING department_id",
            [membership],
        ).fetchall()
        [removal] = execute(
            "INSERT INTO removal"
            " (organization_id, membership_id, transferred_to_id, roles, departments)"
            " VALUES ('org_1', %s, 'dept_1', %s, %s) RETURNING id",
            [membership, Jsonb([row[0] for row in roles]), Jsonb([row[0] for row in departments])],
        ).fetchone() or [None]
        moved = execute(
            "UPDATE resource SET owner_id = NULL, department_id = 'dept_1', removal_id = %s"
            " WHERE organization_id = 'org_1' AND owner_id = %s",
            [removal, user],
        ).rowcount
        execute("UPDATE removal SET resource_count = %s WHERE id = %s", [moved, removal])
        execute(
            "INSERT INTO event (type, organization_id, user_id, data)"
            " VALUES ('member.removed', 'org_1', %s, %s)",
            [user, Jsonb({"removal_id": removal})],
        )
        execute("UPDATE membership SET deleted_at = now() WHERE id = %s", [membership])
