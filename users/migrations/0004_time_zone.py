from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("users", "0003_former_addresses"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="user",
            name="erased_account_is_empty",
        ),
        migrations.AddField(
            model_name="user",
            name="time_zone",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                help_text="In which staff are shown times and enter them; empty for UTC.",
                max_length=64,
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("erased_at", None),
                    models.Q(
                        ("email__endswith", "@erased.invalid"),
                        ("full_name", ""),
                        ("is_active", False),
                        ("is_staff", False),
                        ("is_superuser", False),
                        ("last_login", None),
                        ("password", "!"),
                        ("time_zone", ""),
                    ),
                    _connector="OR",
                ),
                name="erased_account_is_empty",
            ),
        ),
    ]
