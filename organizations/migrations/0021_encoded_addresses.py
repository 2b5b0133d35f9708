"""An erasure also finds addresses whose "@" is percent-encoded, as in a link."""

from pathlib import Path

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations.base import Operation

import users.addresses_in

ADDRESSES_IN = Path(users.addresses_in.__file__).parent / "migrations" / "addresses_in.sql"
INDEXES = (
    ("event", "reason", "event_by_written_address"),
    ("removal", "reason", "removal_by_written_address"),
    ("scheduledremoval", "reason", "schedule_by_written_address"),
    ("offboardingtask", "note", "task_by_written_address"),
)
OF_THE_ADMINS_LOG = (
    "DROP INDEX CONCURRENTLY IF EXISTS admin_log_by_written_address",
    "CREATE INDEX CONCURRENTLY admin_log_by_written_address ON django_admin_log"
    " USING gin (users_addresses_in(object_repr), users_addresses_in(change_message))"
    " WITH (fastupdate = off)",
)


def replace_index(model: str, field: str, name: str) -> list[Operation]:
    """Return the operations that make an index anew, while others write to the table."""
    at_signs = ((f"{field}__contains", sign) for sign in ("@", "%40"))
    return [
        RemoveIndexConcurrently(model_name=model, name=name),
        AddIndexConcurrently(
            model_name=model,
            index=django.contrib.postgres.indexes.GinIndex(
                users.addresses_in.AddressesIn(field),
                condition=models.Q(*at_signs, _connector="OR"),
                fastupdate=False,
                name=name,
            ),
        ),
    ]


class Migration(migrations.Migration):
    atomic = False  # the tables are large, and nobody waits for their indexes

    dependencies = [
        ("organizations", "0020_retention"),
    ]

    operations = [
        # What the indexes have of a text with a plain "@" stays the same.
        migrations.RunSQL(ADDRESSES_IN.read_text(encoding="utf-8"), migrations.RunSQL.noop),
        *(operation for index in INDEXES for operation in replace_index(*index)),
        migrations.RunSQL(OF_THE_ADMINS_LOG, migrations.RunSQL.noop),
    ]
