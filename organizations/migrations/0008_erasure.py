import django.contrib.postgres.indexes
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

import users.addresses_in

BY_OBJECT = "admin_log_by_object ON django_admin_log (object_id)"
BY_WRITTEN_ADDRESS = (
    "admin_log_by_written_address ON django_admin_log"
    " USING gin (users_addresses_in(object_repr), users_addresses_in(change_message))"
    " WITH (fastupdate = off)"
)


class Migration(migrations.Migration):
    atomic = False  # the tables are large, and nobody waits for their indexes

    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("organizations", "0007_moves_and_history"),
        ("users", "0003_former_addresses"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexConcurrently(
            model_name="event",
            index=django.contrib.postgres.indexes.GinIndex(
                users.addresses_in.AddressesIn("reason"),
                condition=models.Q(("reason__contains", "@")),
                fastupdate=False,
                name="event_by_written_address",
            ),
        ),
        AddIndexConcurrently(
            model_name="removal",
            index=django.contrib.postgres.indexes.GinIndex(
                users.addresses_in.AddressesIn("reason"),
                condition=models.Q(("reason__contains", "@")),
                fastupdate=False,
                name="removal_by_written_address",
            ),
        ),
        AddIndexConcurrently(
            model_name="scheduledremoval",
            index=django.contrib.postgres.indexes.GinIndex(
                users.addresses_in.AddressesIn("reason"),
                condition=models.Q(("reason__contains", "@")),
                fastupdate=False,
                name="schedule_by_written_address",
            ),
        ),
        AddIndexConcurrently(
            model_name="scimidentity",
            index=models.Index(fields=["user"], name="scim_identity_by_user"),
        ),
        # The admin's log, by what an entry is about and by the addresses that it mentions.
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {BY_OBJECT}",
            "DROP INDEX CONCURRENTLY IF EXISTS admin_log_by_object",
        ),
        migrations.RunSQL(
            f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {BY_WRITTEN_ADDRESS}",
            "DROP INDEX CONCURRENTLY IF EXISTS admin_log_by_written_address",
        ),
    ]
