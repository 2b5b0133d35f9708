"""Drop an index that no query of ours needs; each moved resource was entered there."""

from django.contrib.postgres.operations import RemoveIndexConcurrently
from django.db import migrations


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("organizations", "0008_owners_at_once"),
    ]

    operations = [
        RemoveIndexConcurrently(model_name="resource", name="resource_by_removal"),
    ]
