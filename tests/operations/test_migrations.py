"""Migrations can run while the previous version of the application serves."""

from pathlib import Path

import pytest
from django.apps import apps
from django_migration_linter import MigrationLinter
from django_migration_linter.sql_analyser.analyser import analyse_sql_statements
from django_migration_linter.sql_analyser.postgresql import PostgresqlAnalyser

OURS = ("organizations", "users")
# What each app's first migration does, it does to empty tables.
LATER = [
    (app, path.stem)
    for app in OURS
    for path in sorted(Path(apps.get_app_config(app).path, "migrations").glob("0*.py"))
    if not path.stem.startswith("0001")
]
# Uniqueness that the previous version meets as the one before: it answers that there is such a row.
# The one enabled directory of an organization: its index is replaced by a narrower one.
ARGUED = {"department_names": ("ADD_UNIQUE",), "connections": ("ADD_UNIQUE",)}


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
