"""Directories' names for members become one in any case: see config/case_insensitive_names.py."""

import sys
from collections.abc import Iterable, Iterator
from itertools import count, groupby, islice
from typing import Any

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import config.case_insensitive_names
from config.case_insensitive_names import key_of

AT_A_TIME = 5000
# Short: a row for each member whom a directory manages. What the previous version would write
# against the new index it answers as taken.
DROP_INDEX = """
    SET CONSTRAINTS ALL IMMEDIATE;
    DROP INDEX scim_user_name_in_connection;
"""
CREATE_INDEX = """
    CREATE UNIQUE INDEX scim_user_name_in_connection
        ON organizations_scimidentity (connection_id, {}) WHERE ended_at IS NULL;
"""
LONGEST_NAME = 320
WRITE = """
    UPDATE organizations_scimidentity AS identity
    SET user_name = made.user_name, user_name_key = made.user_name_key
    FROM unnest(%s::bigint[], %s::varchar[], %s::varchar[]) AS made (id, user_name, user_name_key)
    WHERE identity.id = made.id
"""


def make_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Give every identity its key; of those of a connection with the same, rename all but the first."""
    identities = apps.get_model("organizations", "ScimIdentity").objects.order_by(
        "connection", "pk"
    )
    rows = identities.values_list(
        "connection", "pk", "user_name", "ended_at", "organization", "user", named=True
    )
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DROP_INDEX)
        for connection_id, group in groupby(rows.iterator(), lambda row: row.connection):
            known = list(group)
            counted = [row for row in known if connection_id and row.ended_at is None]
            names = {row.pk: row.user_name for row in known} | dict(renamed(counted))
            for row in counted:
                if row.user_name != names[row.pk]:
                    where = f"{row.organization}: the userName of {row.user}"
                    sys.stdout.write(f"\n  {where}, {row.user_name!r}, is now {names[row.pk]!r}.")
            for some in batched(names.items()):
                keys = [key_of(name) for _, name in some]
                cursor.execute(WRITE, [*map(list, zip(*some, strict=True)), keys])
        cursor.execute(CREATE_INDEX.format("user_name_key"))


def forget_keys(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Put the index back as it was."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DROP_INDEX)
        cursor.execute(CREATE_INDEX.format("lower(user_name)"))


def renamed(rows: list[Any]) -> Iterator[tuple[int, str]]:
    """Yield the identities of a connection that need another name, with that name."""
    first: dict[str, Any] = {}
    for row in rows:
        first.setdefault(key_of(row.user_name), row)
    taken = set(first)
    for row in rows:
        if first[key_of(row.user_name)] is not row:
            name = next(each for each in numbered(row.user_name) if key_of(each) not in taken)
            taken.add(key_of(name))
            yield row.pk, name


def batched(rows: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    """Yield rows by the thousands."""
    remaining = iter(rows)
    while some := list(islice(remaining, AT_A_TIME)):
        yield some


def numbered(name: str) -> Iterator[str]:
    """Yield ``name (2)`` and so on, each as long as a name may be."""
    for number in count(2):
        suffix = f" ({number})"
        yield name[: LONGEST_NAME - len(suffix)].rstrip() + suffix


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0010_http"),
    ]

    operations = [
        migrations.AddField(
            model_name="scimidentity",
            name="user_name_key",
            field=config.case_insensitive_names.NameKeyField(of="user_name"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scimidentity",
            trigger=pgtrigger.compiler.Trigger(
                name="has_a_key",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NEW.user_name_key = '' OR (\n            TG_OP = 'UPDATE' AND NEW.user_name_key = OLD.user_name_key\n            AND regexp_replace(lower(NEW.user_name), '[^[:ascii:]]', '', 'g')\n                <> regexp_replace(lower(OLD.user_name), '[^[:ascii:]]', '', 'g')\n        ) THEN\n            NEW.user_name_key =\n                left(lower(btrim(normalize(NEW.user_name, NFKC), E' \\t\\n\\r\\f\\v')), 600);\n        END IF;\n        RETURN NEW;\n    ",
                    hash="56605626463d652a09e768628b73b56dac4cb837",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_has_a_key_0038e",
                    table="organizations_scimidentity",
                    when="BEFORE",
                ),
            ),
        ),
        # Until the end of this transaction nobody writes an identity.
        migrations.RunPython(make_keys, forget_keys),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RemoveConstraint(
                    model_name="scimidentity", name="scim_user_name_in_connection"
                ),
                migrations.AddConstraint(
                    model_name="scimidentity",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("ended_at", None)),
                        fields=("connection", "user_name_key"),
                        name="scim_user_name_in_connection",
                    ),
                ),
            ],
        ),
    ]
