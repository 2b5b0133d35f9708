"""Deactivations are checked once a statement; owners of resources are looked up by themselves."""

from pathlib import Path

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations

RULES = (Path(__file__).parents[1] / "guards" / "rules.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0012_resources"),
    ]

    operations = [
        migrations.RunSQL(RULES, migrations.RunSQL.noop),
        pgtrigger.migrations.RemoveTrigger(
            model_name="membership",
            name="owner_remains_on_deactivation",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_remains_on_deactivation",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF EXISTS (SELECT FROM changed WHERE deactivated_at IS NOT NULL) THEN\n            PERFORM organizations_keep_an_owner(ARRAY(\n                SELECT DISTINCT unnest(organizations_owned_through(id))\n                FROM (\n                    SELECT id FROM changed WHERE deactivated_at IS NOT NULL\n                    EXCEPT\n                    SELECT id FROM previous WHERE deactivated_at IS NOT NULL\n                ) AS deactivated\n            ));\n        END IF;\n        RETURN NULL;\n    ",
                    hash="d8e4047eccf95462eb8cf7107f777e2f69bb2ab8",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_owner_remains_on_deactivation_59d25",
                    referencing="REFERENCING OLD TABLE AS previous  NEW TABLE AS changed ",
                    table="organizations_membership",
                    when="AFTER",
                ),
            ),
        ),
    ]
