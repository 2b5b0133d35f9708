import sys
from collections.abc import Iterable
from pathlib import Path

import django.contrib.postgres.operations
import django.db.models.constraints
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import organizations.constraints

RULES = (Path(__file__).parents[1] / "guards" / "rules.sql").read_text(encoding="utf-8")
DROP_FUNCTIONS = """
    DROP FUNCTION organizations_owned_through(bigint);
    DROP FUNCTION organizations_comes_back(varchar, bigint);
    DROP FUNCTION organizations_hold_marks(varchar[], varchar[]);
"""

# Marks that say nothing of where their resource is: of another organization's removal, of one whose
# resource has passed on since, or of one that has been undone.
EMPTY_MARKS = """
    UPDATE organizations_resource AS resource
    SET removal_id = NULL
    FROM organizations_removal AS removal
    WHERE removal.id = resource.removal_id
        AND (
            resource.organization_id <> removal.organization_id
            OR resource.department_id IS DISTINCT FROM removal.transferred_to_id
            OR resource.owner_id IS DISTINCT FROM removal.transferred_to_user_id
            OR EXISTS (
                SELECT FROM organizations_restoration AS restoration
                WHERE restoration.removal_id = removal.id
            )
        )
    RETURNING resource.id || ' by ' || removal.id
"""

# What marks were before is not known: of these, the newest removal alone can be undone.
MAKE_MOVES = """
    INSERT INTO organizations_resourcemove (
        removal_id, resource_id, name, transferred_to_id, transferred_to_user_id
    )
    SELECT removal_id, id, name, department_id, owner_id
    FROM organizations_resource
    WHERE removal_id IS NOT NULL
    ON CONFLICT DO NOTHING
"""

MOVE_ENDS = """
    UPDATE organizations_membership AS membership
    SET deleted_at = removal.created_at
    FROM organizations_removal AS removal
    WHERE removal.membership_id = membership.id
        AND membership.deleted_at <> removal.created_at
    RETURNING removal.id
"""

GIVE_BACK_CAPABILITY = """
    UPDATE organizations_role
    SET capabilities = capabilities || ARRAY['override_all_permissions']::varchar[]
    WHERE is_owner AND NOT capabilities @> ARRAY['override_all_permissions']::varchar[]
    RETURNING id || ' of ' || organization_id
"""

# Append-only, so they stay.
FIND_WRONG_RESTORATIONS = """
    SELECT restoration.id
    FROM organizations_restoration AS restoration
    JOIN organizations_removal AS removal ON removal.id = restoration.removal_id
    JOIN organizations_membership AS former ON former.id = removal.membership_id
    JOIN organizations_membership AS restored ON restored.id = restoration.membership_id
    WHERE (restored.organization_id, restored.user_id)
            <> (former.organization_id, former.user_id)
        OR restored.id <= former.id
"""
FIND_WRONG_SCHEDULES = """
    SELECT schedule.id
    FROM organizations_scheduledremoval AS schedule
    JOIN organizations_removal AS removal ON removal.id = schedule.removal_id
    WHERE removal.membership_id <> schedule.membership_id
"""


def rows(schema_editor: BaseDatabaseSchemaEditor, sql: str) -> list[str]:
    """Return the texts that a statement returns."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(sql)
        return [text for (text,) in cursor.fetchall()]


def tell(sentence: str, found: Iterable[str]) -> None:
    """Print what was found, if anything was."""
    if listed := ", ".join(sorted(found)):
        sys.stdout.write(f"\n    {sentence}: {listed}\n")


def mend_marks(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tell(
        "Resources that are not where the removal that they named put them, and name none now",
        rows(schema_editor, EMPTY_MARKS),
    )


def mend_ends(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tell(
        "Memberships that end at the moment of their record now; the records are",
        rows(schema_editor, MOVE_ENDS),
    )


def give_back_capability(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tell(
        "Owner roles that have override_all_permissions again",
        rows(schema_editor, GIVE_BACK_CAPABILITY),
    )


def tell_of_wrong_history(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tell(
        "Restorations that name the membership of somebody else, or an earlier one; they stay",
        rows(schema_editor, FIND_WRONG_RESTORATIONS),
    )
    tell(
        "Scheduled removals that name the removal of somebody else; they stay",
        rows(schema_editor, FIND_WRONG_SCHEDULES),
    )


class Migration(migrations.Migration):
    # Indexes are made, and constraints validated, while the application writes.
    atomic = False

    dependencies = [
        ("organizations", "0006_directory_identities"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(RULES, DROP_FUNCTIONS),
        migrations.CreateModel(
            name="ResourceMove",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "removal_id",
                        "resource_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "removal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resource_moves",
                        to="organizations.removal",
                    ),
                ),
                (
                    "resource",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="moves",
                        to="organizations.resource",
                    ),
                ),
                (
                    "transferred_to",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The department that the resource passed to.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="organizations.department",
                    ),
                ),
                (
                    "transferred_to_user",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The person whom the resource passed to.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "previous_removal",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The removal whose mark the resource bore before; a restoration puts it back.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.removal",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("transferred_to", None),
                            ("transferred_to_user", None),
                            _connector="XOR",
                        ),
                        name="resource_move_has_one_target",
                    )
                ],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourcemove",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed_or_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="1585a8156e1c7f95c1d7e1e9e6648174f692b097",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_changed_or_deleted_4ee8e",
                    table="organizations_resourcemove",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resource",
            trigger=pgtrigger.compiler.Trigger(
                name="mark_ends_with_owner",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.removal_id IS NOT NULL AND NEW.removal_id IS NOT DISTINCT FROM OLD.removal_id AND (NEW.owner_id, NEW.department_id) IS DISTINCT FROM (OLD.owner_id, OLD.department_id))",
                    func="NEW.removal_id = NULL; RETURN NEW;",
                    hash="7244adcfcfccef1fb58ed6733ca46365fb23dca0",
                    operation='UPDATE OF "owner_id", "department_id"',
                    pgid="pgtrigger_mark_ends_with_owner_fce93",
                    table="organizations_resource",
                    when="BEFORE",
                ),
            ),
        ),
        # The triggers are replaced by adding them: they are never away.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name="resource", name="new_resource_of_active_member"
                ),
                pgtrigger.migrations.RemoveTrigger(
                    model_name="resource", name="resource_to_active_member"
                ),
            ]
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resource",
            trigger=pgtrigger.compiler.Trigger(
                name="new_resource_of_active_member",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_hold_resource_owners(\n            array_agg(organization_id), array_agg(owner_id)\n        )\n        FROM made WHERE owner_id IS NOT NULL;\n        PERFORM organizations_hold_marks(array_agg(organization_id), array_agg(removal_id))\n        FROM (\n            SELECT DISTINCT organization_id, removal_id FROM made WHERE removal_id IS NOT NULL\n        ) AS mark;\n        RETURN NULL;\n    ",
                    hash="2e7c7166056abd7cdf65f8748f4db31069dc69c3",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_new_resource_of_active_member_04a4f",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="organizations_resource",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resource",
            trigger=pgtrigger.compiler.Trigger(
                name="resource_to_active_member",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_hold_resource_owners(\n            array_agg(organization_id), array_agg(owner_id)\n        )\n        FROM (\n            SELECT id, organization_id, owner_id FROM changed WHERE owner_id IS NOT NULL\n            EXCEPT ALL\n            SELECT id, organization_id, owner_id FROM previous\n        ) AS given;\n        PERFORM organizations_hold_marks(array_agg(organization_id), array_agg(removal_id))\n        FROM (\n            SELECT DISTINCT organization_id, removal_id FROM changed WHERE removal_id IS NOT NULL\n        ) AS mark;\n        RETURN NULL;\n    ",
                    hash="badd09905186ef4c9be659c606606676107c89b6",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_resource_to_active_member_42f03",
                    referencing="REFERENCING OLD TABLE AS previous  NEW TABLE AS changed ",
                    table="organizations_resource",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourcemove",
            trigger=pgtrigger.compiler.Trigger(
                name="moved_by_removals",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_hold_marks(NULL, array_agg(id))\n        FROM (\n            SELECT removal_id AS id FROM made\n            UNION\n            SELECT previous_removal_id FROM made WHERE previous_removal_id IS NOT NULL\n        ) AS mark;\n        RETURN NULL;\n    ",
                    hash="2c39bdc5352ede06bdee200928563b7a357a5667",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_moved_by_removals_863c0",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="organizations_resourcemove",
                    when="AFTER",
                ),
            ),
        ),
        # A resource's removal is of its organization.
        migrations.RunPython(mend_marks, migrations.RunPython.noop),
        migrations.RunSQL(MAKE_MOVES, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="resource",
            name="removal",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="The removal that put it where it is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="organizations.removal",
            ),
        ),
        # A membership ends at the moment of its record. There is one record of a membership, so
        # this index cannot be violated either.
        migrations.RunSQL(
            [
                "CREATE UNIQUE INDEX CONCURRENTLY removal_at_end_of_membership"
                " ON organizations_removal (membership_id, created_at)",
                "ALTER TABLE organizations_removal\n"
                "    ADD CONSTRAINT removal_at_end_of_membership"
                " UNIQUE USING INDEX removal_at_end_of_membership",
            ],
            "ALTER TABLE organizations_removal DROP CONSTRAINT removal_at_end_of_membership",
            state_operations=[
                migrations.AddConstraint(
                    model_name="removal",
                    constraint=models.UniqueConstraint(
                        fields=("membership", "created_at"), name="removal_at_end_of_membership"
                    ),
                )
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE organizations_membership ADD CONSTRAINT membership_ends_with_its_record"
            " FOREIGN KEY (removed_membership, deleted_at)"
            " REFERENCES organizations_removal (membership_id, created_at)"
            " DEFERRABLE INITIALLY DEFERRED NOT VALID",
            "ALTER TABLE organizations_membership DROP CONSTRAINT membership_ends_with_its_record",
            state_operations=[
                migrations.AddConstraint(
                    model_name="membership",
                    constraint=organizations.constraints.ForeignKeyConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("removed_membership", "deleted_at"),
                        name="membership_ends_with_its_record",
                        to="organizations.Removal",
                        to_fields=("membership", "created_at"),
                        violation_error_message="A membership ends by a removal, which leaves a record.",
                    ),
                )
            ],
        ),
        migrations.RunPython(mend_ends, migrations.RunPython.noop),
        migrations.RunSQL(
            "ALTER TABLE organizations_membership"
            " VALIDATE CONSTRAINT membership_ends_with_its_record",
            migrations.RunSQL.noop,
        ),
        migrations.RemoveConstraint(model_name="membership", name="removed_membership_has_record"),
        django.contrib.postgres.operations.RemoveIndexConcurrently(
            model_name="removal", name="removal_of_membership"
        ),
        # The Owner role keeps its capability.
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="role",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_owner", False),
                    ("capabilities__contains", ["override_all_permissions"]),
                    _connector="OR",
                ),
                name="owner_role_keeps_its_capability",
                violation_error_message="The Owner role keeps override_all_permissions, which stands for all of them.",
            ),
        ),
        migrations.RunPython(give_back_capability, migrations.RunPython.noop),
        django.contrib.postgres.operations.ValidateConstraint(
            model_name="role", name="owner_role_keeps_its_capability"
        ),
        # What becomes of schedules and restorations agrees with what they name.
        migrations.RunPython(tell_of_wrong_history, migrations.RunPython.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="restoration",
            trigger=pgtrigger.compiler.Trigger(
                name="of_whom_the_removal_removed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF NOT organizations_comes_back(NEW.removal_id, NEW.membership_id) THEN\n            RAISE EXCEPTION 'a restoration gives a later membership to whom its removal removed'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="7e002866370401b5996794185b5a42ffedc28970",
                    operation="INSERT",
                    pgid="pgtrigger_of_whom_the_removal_removed_71ce5",
                    table="organizations_restoration",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="done_by_its_members_removal",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.removal_id IS NOT NULL)",
                    func="\n        IF NOT EXISTS (\n            SELECT FROM organizations_removal\n            WHERE id = NEW.removal_id AND membership_id = NEW.membership_id\n        ) THEN\n            RAISE EXCEPTION 'a schedule is done by the removal of its own member'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="041fbe36521858c3d98a1c8e879aa0f36aff58ad",
                    operation='INSERT OR UPDATE OF "removal_id", "membership_id"',
                    pgid="pgtrigger_done_by_its_members_removal_846f0",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="ended_for_good",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (OLD.status <> 'pending' AND (NEW.status, NEW.removal_id, NEW.failure, NEW.cancelled_by_id, NEW.ended_at) IS DISTINCT FROM (OLD.status, OLD.removal_id, OLD.failure, OLD.cancelled_by_id, OLD.ended_at))",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="a12cd7e324657cf74fb175582b28efbd32bc5f19",
                    operation="UPDATE",
                    pgid="pgtrigger_ended_for_good_f7482",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                pgtrigger.migrations.RemoveTrigger(
                    model_name="membership", name="owner_remains_on_deactivation"
                )
            ]
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_remains_on_deactivation",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."deactivated_at" IS NOT NULL AND OLD."deactivated_at" IS NULL)',
                    func="\n        PERFORM organizations_keep_an_owner(organizations_owned_through(NEW.id));\n        RETURN NULL;\n    ",
                    hash="f3acd6cdbefbdb93fb4717d216b93461359ba96a",
                    operation='UPDATE OF "deactivated_at"',
                    pgid="pgtrigger_owner_remains_on_deactivation_59d25",
                    table="organizations_membership",
                    when="AFTER",
                ),
            ),
        ),
    ]
