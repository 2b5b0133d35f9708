"""Migrations can run while the previous version of the application serves."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

from organizations.models import Membership
from tests.factories import ResourceFactory

OURS = ("organizations", "users")
# Each app's first migration works on empty tables.
LATER = [
    (app, path.stem)
    for app in OURS
    for path in sorted(Path(apps.get_app_config(app).path, "migrations").glob("0*.py"))
    if not path.stem.startswith("0001")
]
# New uniqueness, which the previous version answers as it does other duplicates. A narrower index
# replaces that of an organization's one enabled directory. Keys that include the id refuse nothing.
ARGUED = dict.fromkeys(("department_names", "connections", "handover"), ("ADD_UNIQUE",))


def test_nothing_that_the_previous_version_uses_is_taken_or_locked_for_long(
    transactional_db: None, subtests: pytest.Subtests
) -> None:
    for app, name in LATER:
        with subtests.test(app=app, name=name):
            linter = MigrationLinter(
                all_warnings_as_errors=True,
                no_output=True,
                no_cache=True,
                exclude_migration_tests=ARGUED.get(name.partition("_")[2], ()),
            )

            linter.lint_all_migrations(app, name)

            assert linter.nb_total == 1
            assert not linter.has_errors


@pytest.mark.parametrize(
    "statement",
    [
        'ALTER TABLE "users_user" ADD COLUMN "phone" text NOT NULL',
        'ALTER TABLE "users_user" DROP COLUMN "full_name"',
        'ALTER TABLE "users_user" RENAME TO "users_person"',
        'CREATE INDEX "by_name" ON "users_user" ("full_name")',
    ],
)
def test_the_linter_would_tell(statement: str) -> None:
    errors, _, warnings = analyse_sql_statements(PostgresqlAnalyser, [statement])

    assert errors or warnings


@pytest.mark.django_db
def test_a_name_that_changes_while_entries_are_made_is_not_lost(owner: Membership) -> None:
    resource = ResourceFactory.create(organization=owner.organization, owner=owner.user)
    migration = import_module("organizations.migrations.0012_resources")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE organizations_resource SET name = 'New name'")
        cursor.execute("SET LOCAL session_replication_role = origin")

        cursor.execute(migration.RENAME_ENTRIES)

    resource.entry.refresh_from_db()
    assert resource.entry.name == "New name"
    assert resource.entry.name_words == ["New name", "new", "name"]
