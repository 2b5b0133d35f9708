import sys
from pathlib import Path

import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import users.email_address

# The admin's log stores an account as "Name <address>", or the address alone, and a membership as
# that " in Organization", up to 200 characters. What is cut off or can be read in two ways is left:
# names are chosen freely. An entry says that the account had the address then; it may have had it
# longer, but nobody else had it in between.
TAKE_OVER_FROM_THE_LOG = r"""
    INSERT INTO users_formeraddress (account_id, address, had_until)
    SELECT account.id, lower(named.address), max(named.action_time)
    FROM (
        SELECT entry.object_id, entry.action_time, coalesce(
            substring(entry.object_repr FROM ' <([^[:space:]<>]+@[^[:space:]<>]+)>$'),
            CASE WHEN length(entry.object_repr) < 200
                THEN substring(entry.object_repr FROM '^([^[:space:]<>]+@[^[:space:]<>]+)$')
            END
        )
        FROM django_admin_log AS entry
        JOIN django_content_type AS type ON type.id = entry.content_type_id
        WHERE type.app_label = 'users' AND type.model = 'user'
        UNION ALL
        SELECT membership.user_id, entry.action_time, coalesce(
            substring(
                entry.object_repr
                FROM '^[^<>@]* <([^[:space:]<>@]+@[^[:space:]<>@]+)> in [^<>@]*$'
            ),
            substring(entry.object_repr FROM '^([^[:space:]<>@]+@[^[:space:]<>@]+) in [^<>@]*$')
        )
        FROM django_admin_log AS entry
        JOIN django_content_type AS type ON type.id = entry.content_type_id
        JOIN organizations_membership AS membership ON membership.id::text = entry.object_id
        WHERE type.app_label = 'organizations' AND type.model = 'membership'
    ) AS named (account_id, action_time, address)
    JOIN users_user AS account ON account.id = named.account_id AND account.erased_at IS NULL
    WHERE length(named.address) <= 254
    GROUP BY account.id, lower(named.address)
"""

# Behind the trigger, from whose lock on no address changes unseen.
KEEP_THE_FORMER_ONES_ALONE = """
    DELETE FROM users_formeraddress AS former
    USING users_user AS account
    WHERE account.id = former.account_id AND account.email = former.address
"""

# Their trigger forbids any change.
GIVE_ERASED_ACCOUNTS_THEIR_OWN_ADDRESS = (
    "SELECT set_config('pgtrigger.ignore', '{pgtrigger_erased_account_stays_so_81a6c}', true)",
    "UPDATE users_user SET email = lower(id) || '@erased.invalid' WHERE erased_at IS NOT NULL",
    "SELECT set_config('pgtrigger.ignore', '{}', true)",
)


def rename_others_of_the_erased_domain(
    apps: StateApps, schema_editor: BaseDatabaseSchemaEditor
) -> None:
    """Give accounts that were made with an address of erased.invalid one of renamed.invalid."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "UPDATE users_user SET email = lower(id) || '@renamed.invalid'"
            " WHERE email LIKE '%@erased.invalid' AND erased_at IS NULL RETURNING id, email"
        )
        for account_id, address in cursor.fetchall():
            sys.stdout.write(
                f"\n  {account_id} had an address of erased.invalid; it is {address} now."
            )


class Migration(migrations.Migration):
    dependencies = [
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("organizations", "0002_directories"),
        ("users", "0002_token_issue"),
    ]

    operations = [
        migrations.RunSQL(
            Path(__file__).with_name("addresses_in.sql").read_text(),
            "DROP FUNCTION users_addresses_in(text)",
        ),
        migrations.CreateModel(
            name="FormerAddress",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "address",
                    users.email_address.EmailAddressField(db_collation="C", max_length=254),
                ),
                (
                    "had_until",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
            ],
            options={
                "verbose_name_plural": "former addresses",
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account", "address"), name="one_former_address"
                    )
                ],
                "indexes": [
                    models.Index(fields=["address", "had_until"], name="former_address_by_address")
                ],
            },
        ),
        migrations.RunSQL(TAKE_OVER_FROM_THE_LOG, migrations.RunSQL.noop),
        migrations.RunSQL(GIVE_ERASED_ACCOUNTS_THEIR_OWN_ADDRESS, migrations.RunSQL.noop),
        migrations.RunPython(rename_others_of_the_erased_domain, migrations.RunPython.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="user",
            trigger=pgtrigger.compiler.Trigger(
                name="former_address_is_kept",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."erased_at" IS NULL AND OLD."email" IS DISTINCT FROM (NEW."email"))',
                    func="\n                    INSERT INTO users_formeraddress (account_id, address, had_until)\n                    VALUES (OLD.id, OLD.email, clock_timestamp())\n                    ON CONFLICT (account_id, address) DO UPDATE SET had_until = excluded.had_until;\n                    RETURN NULL;\n                ",
                    hash="a0acf23c65d169da631e46e7017f5161d0c8e15d",
                    operation="UPDATE",
                    pgid="pgtrigger_former_address_is_kept_7880e",
                    table="users_user",
                    when="AFTER",
                ),
            ),
        ),
        migrations.RunSQL(KEEP_THE_FORMER_ONES_ALONE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("email__endswith", "@erased.invalid"), _negated=True),
                    models.Q(
                        (
                            "email",
                            django.db.models.functions.text.Concat(
                                django.db.models.functions.text.Lower("id"),
                                models.Value("@erased.invalid"),
                            ),
                        ),
                        ("erased_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="erased_address_is_the_accounts_own",
            ),
        ),
    ]
