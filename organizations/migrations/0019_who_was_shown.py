"""Who may have a secret that works, and which system cancelled a removal or made an endpoint."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0018_handover"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name="scheduledremoval",
            name="ended_for_good",
        ),
        migrations.AddField(
            model_name="connection",
            name="previous_rotated_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="Who was shown the secret before, if it was not the first.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="cancelled_by_connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The system that cancelled it, if it was not a person.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.connection",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="The system that made it, if it was not a person.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.connection",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="previous_rotated_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="Who was shown the secret before, if it was not the first.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="connection",
            name="rotated_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="Who was shown its latest secret, if it was not the first.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="ended_for_good",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.status <> 'pending' AND (NEW.status, NEW.removal_id, NEW.failure, NEW.cancelled_by_id, NEW.cancelled_by_connection_id, NEW.ended_at) IS DISTINCT FROM (OLD.status, OLD.removal_id, OLD.failure, OLD.cancelled_by_id, OLD.cancelled_by_connection_id, OLD.ended_at))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d2207ce3da65ca7f3e1a6249d25b6c8f56fec590",
                    operation="UPDATE",
                    pgid="pgtrigger_ended_for_good_f7482",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
    ]
