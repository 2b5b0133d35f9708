"""Department names become one in any case: see config/case_insensitive_names.py."""

import sys
from collections.abc import Iterator
from itertools import count, groupby
from typing import Any

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import config.case_insensitive_names
from config.case_insensitive_names import key_of

LONGEST_NAME = 200
WRITE_KEYS = """
    UPDATE organizations_department AS department
    SET name_key = made.name_key
    FROM unnest(%s::varchar[], %s::varchar[]) AS made (id, name_key)
    WHERE department.id = made.id
"""


def make_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every department its key; of those that one key would be for, rename all but the first."""
    Department = apps.get_model("organizations", "Department")
    departments = Department.objects.order_by("organization", "pk")
    for _, group in groupby(departments.iterator(), lambda row: row.organization_id):
        rows = list(group)
        names = dict(renamed(rows))
        # Each row is written once: a second time would leave a check of its key to the commit, and
        # a table with one pending is not altered.
        others = [row for row in rows if row not in names]
        with schema_editor.connection.cursor() as cursor:
            keys = [key_of(row.name) for row in others]
            cursor.execute(WRITE_KEYS, [[row.pk for row in others], keys])
        for row, name in names.items():
            sys.stdout.write(f"\n  Department {row.pk}: {row.name!r} is now {name!r}.")
            row.name = name
            row.save(update_fields=["name", "name_words", "name_key"])


def renamed(rows: list[Any]) -> Iterator[tuple[Any, str]]:
    """Yield the departments of an organization that need another name, with that name."""
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(key_of(row.name), row)
    taken = {"", *first}
    for row in rows:
        name = row.name.strip() if key_of(row.name) else "Unnamed"
        if first.get(key_of(name)) is not row:
            name = next(each for each in numbered(name) if key_of(each) not in taken)
            taken.add(key_of(name))
        if name != row.name:
            yield row, name


def numbered(name: str) -> Iterator[str]:
    """Yield ``name (2)`` and so on, each as long as a name may be."""
    for number in count(2):
        suffix = f" ({number})"
        yield name[: LONGEST_NAME - len(suffix)].rstrip() + suffix


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0004_domains"),
    ]

    operations = [
        migrations.AddField(
            model_name="department",
            name="name_key",
            field=config.case_insensitive_names.NameKeyField(of="name"),
        ),
        migrations.AlterField(
            model_name="department",
            name="name",
            field=config.case_insensitive_names.TrimmedNameField(max_length=200),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="department",
            trigger=pgtrigger.compiler.Trigger(
                name="has_a_key",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NEW.name_key = '' OR (\n            TG_OP = 'UPDATE' AND NEW.name_key = OLD.name_key\n            AND NEW.name_words[2:] IS DISTINCT FROM OLD.name_words[2:]\n        ) THEN\n            NEW.name_key = left(lower(btrim(normalize(NEW.name, NFKC), E' \\t\\n\\r\\f\\v')), 600);\n        END IF;\n        RETURN NEW;\n    ",
                    hash="9a569ff2e45d61cf2273f5d8a1e78f8c574328f5",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_has_a_key_210d4",
                    table="organizations_department",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.RemoveConstraint(
            model_name="department",
            name="department_name_in_organization",
        ),
        # Until the end of this transaction nobody writes a department.
        migrations.RunPython(make_keys, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.UniqueConstraint(
                fields=("organization", "name_key"),
                name="department_name_in_organization",
                violation_error_message="The organization has a department of this name already, in capital or small letters.",
            ),
        ),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.CheckConstraint(
                condition=models.Q(("name_key", ""), _negated=True),
                name="department_has_a_name",
                violation_error_message="A department has a name.",
            ),
        ),
    ]
