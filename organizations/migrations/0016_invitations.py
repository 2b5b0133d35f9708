"""Invitations: when the mail was sent, and what is kept of its attempts."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0014_many_at_once"),
    ]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="invited_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AlterField(
            model_name="event",
            name="type",
            field=models.CharField(
                choices=[
                    ("member.added", "Member added"),
                    ("member.updated", "Member updated"),
                    ("member.deactivated", "Member deactivated"),
                    ("member.reactivated", "Member reactivated"),
                    ("member.removed", "Member removed"),
                    ("member.restored", "Member restored"),
                    ("member.adopted", "Member adopted"),
                    ("removal.scheduled", "Removal scheduled"),
                    ("removal.cancelled", "Removal cancelled"),
                    ("removal.failed", "Removal failed"),
                    ("invitation.failed", "Invitation failed"),
                    ("resources.transferred", "Resources transferred"),
                    ("resources.deleted", "Resources deleted"),
                    ("webhook.test", "Webhook test"),
                ],
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="webhookendpoint",
            name="event_types",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("member.added", "Member added"),
                        ("member.updated", "Member updated"),
                        ("member.deactivated", "Member deactivated"),
                        ("member.reactivated", "Member reactivated"),
                        ("member.removed", "Member removed"),
                        ("member.restored", "Member restored"),
                        ("member.adopted", "Member adopted"),
                        ("removal.scheduled", "Removal scheduled"),
                        ("removal.cancelled", "Removal cancelled"),
                        ("removal.failed", "Removal failed"),
                        ("invitation.failed", "Invitation failed"),
                        ("resources.transferred", "Resources transferred"),
                        ("resources.deleted", "Resources deleted"),
                        ("webhook.test", "Webhook test"),
                    ],
                    max_length=40,
                ),
                blank=True,
                default=list,
                help_text="The types of events that are sent; none means all.",
                size=None,
            ),
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                (
                    "membership",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="organizations.membership",
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("attempted_at", models.DateTimeField(blank=True, null=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
                "indexes": [
                    models.Index(fields=["organization", "created_at"], name="invitation_by_date")
                ],
            },
        ),
    ]
