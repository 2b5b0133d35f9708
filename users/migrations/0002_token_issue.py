import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("users", "0001_initial"),
        # From there on memberships begin by the database's clock. So the tokens that there are reach
        # all that began before the column below is made, which has that moment for each of them, and
        # nothing that begins later.
        ("organizations", "0003_token_reach"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="reaches_before",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                help_text="Bound to no organization, it reaches memberships that began before this.",
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(), editable=False
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="accesstoken",
            trigger=pgtrigger.compiler.Trigger(
                name="issued_now",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n                    PERFORM FROM users_user WHERE id = NEW.user_id FOR NO KEY UPDATE;\n                    NEW.created_at = clock_timestamp();\n                    NEW.reaches_before = NEW.created_at;\n                    RETURN NEW;\n                ",
                    hash="0226e7908d61a75cfaa26d570decdf4eba8180e3",
                    operation="INSERT",
                    pgid="pgtrigger_issued_now_bca53",
                    table="users_accesstoken",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="accesstoken",
            trigger=pgtrigger.compiler.Trigger(
                name="reach_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at") OR OLD."reaches_before" IS DISTINCT FROM (NEW."reaches_before"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="7e75add7ef96f57b11f0f9a037c11263d83867f5",
                    operation="UPDATE",
                    pgid="pgtrigger_reach_stays_ad747",
                    table="users_accesstoken",
                    when="BEFORE",
                ),
            ),
        ),
    ]
