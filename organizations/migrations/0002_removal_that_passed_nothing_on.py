from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False  # as an index that is made beside running writes demands

    dependencies = [("organizations", "0001_initial")]

    operations = [
        AddIndexConcurrently(
            model_name="removal",
            index=models.Index(
                condition=models.Q(("resource_count__gt", 0), ("transferred_to", None)),
                fields=["created_at"],
                name="removal_that_passed_nothing_on",
            ),
        ),
    ]
