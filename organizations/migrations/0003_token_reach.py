from pathlib import Path

import django.db.models.functions.datetime
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

TOKEN_REACH = Path(__file__).with_name("token_reach.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    """Memberships begin by the database's clock, which users.0002 then sets the tokens against."""

    dependencies = [
        ("organizations", "0002_directories"),
    ]

    operations = [
        migrations.RunSQL(TOKEN_REACH, "DROP FUNCTION organizations_token_reaches"),
        pgtrigger.migrations.RemoveTrigger(
            model_name="membership",
            name="member_stays",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="membership",
            name="erased_is_not_added",
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="removal",
            name="never_changed",
        ),
        migrations.AddField(
            model_name="removal",
            name="token_count",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="How many usable access tokens of the member ended here with it: those bound to the membership, and those bound to none that reached it. Unknown of older removals.",
                null=True,
                verbose_name="tokens",
            ),
        ),
        migrations.AddField(
            model_name="restoration",
            name="tokens_not_restored",
            field=models.PositiveIntegerField(
                help_text="How many usable access tokens had reached the member, and do so no longer.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="created_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                editable=False,
                verbose_name="member since",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="member_is_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_refuse_erased(NEW.user_id);\n        NEW.created_at = clock_timestamp();\n        RETURN NEW;\n    ",
                    hash="d030416f19e619308c4f05182cc0a93f725236fd",
                    operation="INSERT",
                    pgid="pgtrigger_member_is_added_ff1e1",
                    table="organizations_membership",
                    when="BEFORE",
                ),
            ),
        ),
        # A time that another machine's clock set ahead: the trigger above lets nobody in meanwhile.
        migrations.RunSQL(
            "UPDATE organizations_membership SET created_at = clock_timestamp()"
            " WHERE created_at > clock_timestamp()",
            migrations.RunSQL.noop,
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="member_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="1cad9805b6bebd005ede5e218179a872b622337f",
                    operation="UPDATE",
                    pgid="pgtrigger_member_stays_87944",
                    table="organizations_membership",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removal",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id") OR OLD."actor_id" IS DISTINCT FROM (NEW."actor_id") OR OLD."connection_id" IS DISTINCT FROM (NEW."connection_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."transferred_to_id" IS DISTINCT FROM (NEW."transferred_to_id") OR OLD."transferred_to_user_id" IS DISTINCT FROM (NEW."transferred_to_user_id") OR OLD."roles" IS DISTINCT FROM (NEW."roles") OR OLD."departments" IS DISTINCT FROM (NEW."departments") OR OLD."resource_count" IS DISTINCT FROM (NEW."resource_count") OR OLD."token_count" IS DISTINCT FROM (NEW."token_count") OR OLD."trace_id" IS DISTINCT FROM (NEW."trace_id") OR OLD."requested_at" IS DISTINCT FROM (NEW."requested_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="2913c04d18041e937f6c452f28e21d35d3fde38c",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_88418",
                    table="organizations_removal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tokenbinding",
            trigger=pgtrigger.compiler.Trigger(
                name="deleted_with_its_token",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    constraint="CONSTRAINT",
                    func="\n        IF EXISTS (SELECT FROM users_accesstoken WHERE id = OLD.token_id) THEN\n            RAISE EXCEPTION 'a token stays bound'\n                USING ERRCODE = 'restrict_violation', HINT = 'Revoke it, or delete the token.';\n        END IF;\n        RETURN NULL;\n    ",
                    hash="10cbd4cd8f7483b228e33b4ac6081e78e3714759",
                    operation="DELETE",
                    pgid="pgtrigger_deleted_with_its_token_64857",
                    table="organizations_tokenbinding",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
    ]
