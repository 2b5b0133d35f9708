"""Find the record of a membership by an index that is the better one whatever is known of it."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    # The index is built while the application serves, which no transaction can hold.
    atomic = False

    dependencies = [("organizations", "0004_cheaper_checks_of_ids")]

    operations = [
        AddIndexConcurrently(
            model_name="removal",
            index=models.Index(fields=["organization", "membership"], name="removal_of_membership"),
        ),
    ]
