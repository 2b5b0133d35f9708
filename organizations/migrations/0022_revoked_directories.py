"""Directories that were revoked earlier let go of the departments that they named.

Since then a revocation does that itself: nobody could take a department out of a revoked directory,
so it could not be deleted.
"""

from django.db import migrations

LET_GO = (
    "DELETE FROM organizations_connectiontransfer WHERE connection_id IN"
    " (SELECT id FROM organizations_scimconnection WHERE disabled_at IS NOT NULL)",
    "UPDATE organizations_scimconnection"
    " SET transfer_on_deactivate_id = NULL, transfer_on_removal_id = NULL"
    " WHERE disabled_at IS NOT NULL"
    " AND num_nonnulls(transfer_on_deactivate_id, transfer_on_removal_id) > 0",
)


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0021_encoded_addresses"),
    ]

    operations = [
        migrations.RunSQL(LET_GO, migrations.RunSQL.noop),
    ]
