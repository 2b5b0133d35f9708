"""Resources get types, keys and links; what other systems say of them moves to entries."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.operations
import django.db.models.constraints
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import config.search
import organizations.constraints
import organizations.models.resource_type
from config.search import indexed

RULES = (Path(__file__).parents[1] / "resources" / "rules.sql").read_text(encoding="utf-8")
DROP_RULES = """
    DROP FUNCTION organizations_hold_entries(varchar[], varchar[], varchar[]);
    DROP FUNCTION organizations_limit_types(varchar[]);
    DROP FUNCTION organizations_move_name();
"""

# What the version before makes or renames meanwhile has an entry, too.
KEEP_NAMES = """
    ALTER TABLE organizations_resource ALTER COLUMN name SET DEFAULT '';
    CREATE TRIGGER name_of_the_version_before_needs_a_type
        BEFORE INSERT ON organizations_resource
        FOR EACH ROW WHEN (NEW.name <> '') EXECUTE FUNCTION organizations_move_name();
    CREATE TRIGGER name_of_the_version_before
        AFTER INSERT OR UPDATE OF name ON organizations_resource
        FOR EACH ROW WHEN (NEW.name <> '') EXECUTE FUNCTION organizations_move_name();
"""
TAKE_NAMES_BACK = """
    DROP TRIGGER name_of_the_version_before ON organizations_resource;
    DROP TRIGGER name_of_the_version_before_needs_a_type ON organizations_resource;
    UPDATE organizations_resource AS resource
    SET name = entry.name
    FROM organizations_resourceentry AS entry
    WHERE entry.resource_id = resource.id AND resource.name <> entry.name;
    ALTER TABLE organizations_resource ALTER COLUMN name DROP DEFAULT;
"""

BATCH = 10_000
MAKE_TYPES = """
    INSERT INTO organizations_resourcetype (organization_id, slug)
    SELECT id, 'resource'
    FROM organizations_organization AS organization
    WHERE EXISTS (
        SELECT FROM organizations_resource AS resource
        WHERE resource.organization_id = organization.id
    )
    ON CONFLICT DO NOTHING
"""
READ_NAMES = """
    SELECT id, coalesce(nullif(name, ''), 'Unnamed')
    FROM organizations_resource
    WHERE id > %s
    ORDER BY id
    LIMIT %s
"""
MAKE_ENTRIES = """
    INSERT INTO organizations_resourceentry (
        resource_id, organization_id, type, name, name_words, updated_at
    )
    SELECT
        resource.id, resource.organization_id, resource.type, read.name,
        ARRAY[read.name] || string_to_array(read.words, ' '), now()
    FROM unnest(%s::varchar[], %s::varchar[], %s::text[]) AS read (id, name, words)
    JOIN organizations_resource AS resource ON resource.id = read.id
    ON CONFLICT DO NOTHING
"""
# What was renamed between the reading of a batch and its entries: the trigger above takes it along.
RENAME_ENTRIES = """
    UPDATE organizations_resource AS resource
    SET name = resource.name
    FROM organizations_resourceentry AS entry
    WHERE entry.resource_id = resource.id AND resource.name NOT IN ('', entry.name)
"""

# Their types were not known then.
RECORD_REMOVED_RESOURCES = """
    INSERT INTO organizations_removedresources (
        removal_id, organization_id, type, count, transferred_to_id, transferred_to_user_id
    )
    SELECT
        id, organization_id, 'resource', resource_count, transferred_to_id, transferred_to_user_id
    FROM organizations_removal
    WHERE resource_count > 0
    ON CONFLICT DO NOTHING
"""

TAKE_CAPABILITY = """
    UPDATE organizations_role SET capabilities = array_remove(capabilities, 'manage_resources')
    WHERE capabilities @> ARRAY['manage_resources']::varchar[]
"""


def make_entries(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Make an entry of each resource, in batches that are committed by themselves."""
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(MAKE_TYPES)
        last = ""
        while True:
            cursor.execute(READ_NAMES, [last, BATCH])
            rows = cursor.fetchall()
            if not rows:
                return
            words = [" ".join(indexed(name)[1:]) for _, name in rows]
            ids, names = map(list, zip(*rows, strict=True))
            cursor.execute(MAKE_ENTRIES, [ids, names, words])
            last = ids[-1]


class Migration(migrations.Migration):
    # Names are moved, and constraints validated, while the application writes.
    atomic = False

    dependencies = [
        ("organizations", "0011_user_name_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(RULES, DROP_RULES),
        migrations.CreateModel(
            name="ConnectionTransfer",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "connection_id",
                        "moment",
                        "type",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "moment",
                    models.CharField(
                        choices=[("deactivate", "Deactivation"), ("removal", "Removal")],
                        max_length=10,
                    ),
                ),
                ("type", organizations.models.resource_type.SlugField()),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="transfers_by_type",
                        to="organizations.scimconnection",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "transferred_to",
                    models.ForeignKey(
                        db_constraint=False,
                        help_text="The department that takes them over.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.department",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="RemovedResources",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "removal_id",
                        "type",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("type", models.CharField(db_collation="C", max_length=64)),
                ("count", models.PositiveIntegerField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "removal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removed_resources",
                        to="organizations.removal",
                    ),
                ),
                (
                    "transferred_to",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The department that they passed to.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.department",
                    ),
                ),
                (
                    "transferred_to_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The person whom they passed to.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "removed resources",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ResourceEntry",
            fields=[
                (
                    "resource",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="entry",
                        serialize=False,
                        to="organizations.resource",
                    ),
                ),
                ("type", models.CharField(db_collation="C", default="resource", max_length=64)),
                (
                    "external_id",
                    models.CharField(
                        blank=True,
                        db_collation="C",
                        help_text="The key by which the system that registered it knows it.",
                        max_length=255,
                        null=True,
                        verbose_name="external id",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("name_words", config.search.WordsField(of="name")),
                (
                    "url",
                    models.CharField(blank=True, max_length=2000, null=True, verbose_name="link"),
                ),
                (
                    "updated_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When its name or link last changed.",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "resource entries",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ResourceType",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "organization",
                        "slug",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("slug", organizations.models.resource_type.SlugField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="resource_types",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ScheduledTransfer",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "schedule_id",
                        "type",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("type", organizations.models.resource_type.SlugField()),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.organization",
                    ),
                ),
                (
                    "schedule",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="transfers_by_type",
                        to="organizations.scheduledremoval",
                    ),
                ),
                (
                    "transferred_to",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        help_text="The department that they will pass to.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.department",
                    ),
                ),
                (
                    "transferred_to_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The person whom they will pass to.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.AddField(
            model_name="resource",
            name="type",
            field=models.CharField(
                db_collation="C", db_default="resource", default="resource", max_length=64
            ),
        ),
        migrations.AddField(
            model_name="resourcemove",
            name="external_id",
            field=models.CharField(blank=True, db_collation="C", max_length=255, null=True),
        ),
        migrations.AddField(
            model_name="resourcemove",
            name="type",
            field=models.CharField(
                db_collation="C", db_default="resource", default="resource", max_length=64
            ),
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
                    ("resources.transferred", "Resources transferred"),
                    ("resources.deleted", "Resources deleted"),
                    ("webhook.test", "Webhook test"),
                ],
                max_length=40,
            ),
        ),
        migrations.AlterField(
            model_name="role",
            name="capabilities",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("manage_users", "Manage Users"),
                        ("invite_users", "Invite Users"),
                        ("deactivate_users", "Deactivate Users"),
                        ("remove_users", "Remove Users"),
                        ("manage_departments", "Manage Departments"),
                        ("create_subdepartments", "Create Subdepartments"),
                        ("reparent_departments", "Reparent Departments"),
                        ("manage_roles", "Manage Roles"),
                        ("assign_roles", "Assign Roles"),
                        ("view_audit_log", "View Audit Log"),
                        ("export_audit_log", "Export Audit Log"),
                        ("manage_knowledge_slices", "Manage Knowledge Slices"),
                        ("manage_billing", "Manage Billing"),
                        ("manage_resources", "Manage Resources"),
                        ("override_all_permissions", "Override All Permissions"),
                    ],
                    max_length=50,
                ),
                blank=True,
                default=list,
                size=None,
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
        migrations.AddConstraint(
            model_name="connectiontransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(("moment__in", ["deactivate", "removal"])),
                name="connection_transfer_moment_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="connectiontransfer",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transferred_to"),
                name="connection_transfer_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="connectiontransfer",
            trigger=pgtrigger.compiler.Trigger(
                name="of_the_connections_organization",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        NEW.organization_id = (\n            SELECT organization_id FROM organizations_scimconnection WHERE id = NEW.connection_id\n        );\n        RETURN NEW;\n    ",
                    hash="0e9829e3990d95b61238faba866a93d06cf13964",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_of_the_connections_organization_cfd76",
                    table="organizations_connectiontransfer",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="removedresources",
            index=models.Index(
                condition=models.Q(("transferred_to__isnull", False)),
                fields=["transferred_to"],
                name="removed_resources_by_target",
            ),
        ),
        migrations.AddIndex(
            model_name="removedresources",
            index=models.Index(
                condition=models.Q(("transferred_to", None), ("transferred_to_user", None)),
                fields=["organization", "removal"],
                name="removed_resources_that_stayed",
            ),
        ),
        migrations.AddConstraint(
            model_name="removedresources",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("transferred_to", None), ("transferred_to_user", None), _connector="OR"
                ),
                name="removed_resources_have_one_heir",
            ),
        ),
        migrations.AddConstraint(
            model_name="removedresources",
            constraint=models.CheckConstraint(
                condition=models.Q(("count__gte", 1)), name="removed_resources_are_some"
            ),
        ),
        migrations.AddConstraint(
            model_name="removedresources",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transferred_to"),
                name="removed_resources_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removedresources",
            trigger=pgtrigger.compiler.Trigger(
                name="of_removals",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_hold_marks(array_agg(organization_id), array_agg(removal_id))\n        FROM (SELECT DISTINCT organization_id, removal_id FROM made) AS mark;\n        RETURN NULL;\n    ",
                    hash="88f64ead3dee18298fdf718729c98185953489f9",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_of_removals_1da7f",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="organizations_removedresources",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removedresources",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed_or_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="96d2a78b0a788541d87a050aff226f1acda56108",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_changed_or_deleted_bdc33",
                    table="organizations_removedresources",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="resourceentry",
            index=models.Index(fields=["organization", "resource"], name="resource_list"),
        ),
        migrations.AddIndex(
            model_name="resourceentry",
            index=models.Index(
                fields=["organization", "type", "resource"], name="resource_list_by_type"
            ),
        ),
        migrations.AddIndex(
            model_name="resourceentry",
            index=django.contrib.postgres.indexes.GinIndex(
                config.search.Lexemes("name_words"), fastupdate=False, name="resource_by_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="resourceentry",
            constraint=models.UniqueConstraint(
                fields=("organization", "type", "external_id"), name="resource_key_in_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="resourceentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("external_id", None),
                    ("external_id__regex", "\\A[^\\u0001-\\u001f\\u007f-\\u009f]+\\Z"),
                    _connector="OR",
                ),
                name="resource_key_is_printable",
            ),
        ),
        migrations.AddConstraint(
            model_name="resourceentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("url", None), ("url__regex", "\\A[Hh][Tt][Tt][Pp][Ss]?://"), _connector="OR"
                ),
                name="resource_link_is_http",
            ),
        ),
        migrations.AddConstraint(
            model_name="resourceentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="resource_has_a_name"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourceentry",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_with_its_resource",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."resource_id" IS DISTINCT FROM (NEW."resource_id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="dd31ee6d126e9344648218c2247b398726d51072",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_with_its_resource_75739",
                    table="organizations_resourceentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourceentry",
            trigger=pgtrigger.compiler.Trigger(
                name="of_its_resource",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_hold_entries(\n            array_agg(resource_id), array_agg(organization_id), array_agg(type)\n        )\n        FROM made;\n        RETURN NULL;\n    ",
                    hash="abe1f0d6032697681a1ffd675070c00cabc0bccc",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_of_its_resource_f5eae",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="organizations_resourceentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourceentry",
            trigger=pgtrigger.compiler.Trigger(
                name="type_of_its_resource",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."type" IS DISTINCT FROM (OLD."type"))',
                    func="\n        PERFORM organizations_hold_entries(\n            ARRAY[NEW.resource_id], ARRAY[NEW.organization_id], ARRAY[NEW.type]\n        );\n        RETURN NULL;\n    ",
                    hash="f3a9ebbc1f44d0a5101eeeb04b8866ca1b60ad4e",
                    operation='UPDATE OF "type"',
                    pgid="pgtrigger_type_of_its_resource_72e55",
                    table="organizations_resourceentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourcetype",
            trigger=pgtrigger.compiler.Trigger(
                name="types_are_limited",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_limit_types(array_agg(DISTINCT organization_id)) FROM made;\n        RETURN NULL;\n    ",
                    hash="0d56e08d8ab1ce4e2bc57f5fec773865fc5ed556",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_types_are_limited_3960f",
                    referencing="REFERENCING NEW TABLE AS made ",
                    table="organizations_resourcetype",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resourcetype",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9912fee7733bc493768d2f2aec7cc11f2dfbf63e",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_ea8b4",
                    table="organizations_resourcetype",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledtransfer",
            index=models.Index(
                condition=models.Q(("transferred_to__isnull", False)),
                fields=["transferred_to"],
                name="scheduled_transfer_by_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledtransfer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("transferred_to", None), ("transferred_to_user", None), _connector="XOR"
                ),
                name="scheduled_transfer_has_one_target",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledtransfer",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transferred_to"),
                name="scheduled_transfer_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledtransfer",
            trigger=pgtrigger.compiler.Trigger(
                name="of_the_schedules_organization",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        NEW.organization_id = (\n            SELECT organization_id FROM organizations_scheduledremoval WHERE id = NEW.schedule_id\n        );\n        RETURN NEW;\n    ",
                    hash="54ab0c10156610bf350eda6b274dc9c87272c420",
                    operation="INSERT",
                    pgid="pgtrigger_of_the_schedules_organization_153a2",
                    table="organizations_scheduledtransfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledtransfer",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed_or_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="166adf063b128c143b4e142429c1e4c875ac39c3",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_changed_or_deleted_7dd4e",
                    table="organizations_scheduledtransfer",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resource",
            trigger=pgtrigger.compiler.Trigger(
                name="type_of_its_entry",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."type" IS DISTINCT FROM (OLD."type"))',
                    func="\n        UPDATE organizations_resourceentry SET type = NEW.type WHERE resource_id = NEW.id;\n        RETURN NULL;\n    ",
                    hash="6f5dc7b2db795b00992119ce62e3cb0b817c49b5",
                    operation='UPDATE OF "type"',
                    pgid="pgtrigger_type_of_its_entry_879b7",
                    table="organizations_resource",
                    when="AFTER",
                ),
            ),
        ),
        # The name moves to the entry. The version before still reads and writes the column.
        migrations.RunSQL(
            KEEP_NAMES,
            TAKE_NAMES_BACK,
            state_operations=[
                migrations.RemoveField(model_name="resource", name="name"),
            ],
        ),
        migrations.RunPython(make_entries, migrations.RunPython.noop),
        migrations.RunSQL(RENAME_ENTRIES, migrations.RunSQL.noop),
        migrations.RunSQL(RECORD_REMOVED_RESOURCES, migrations.RunSQL.noop),
        migrations.RunSQL(
            """
            ALTER TABLE organizations_resource ADD CONSTRAINT resource_type_in_organization
                FOREIGN KEY (organization_id, type)
                REFERENCES organizations_resourcetype (organization_id, slug) NOT VALID;
            ALTER TABLE organizations_resource ADD CONSTRAINT resource_has_an_entry
                FOREIGN KEY (id) REFERENCES organizations_resourceentry (resource_id)
                DEFERRABLE INITIALLY DEFERRED NOT VALID;
            """,
            """
            ALTER TABLE organizations_resource DROP CONSTRAINT resource_type_in_organization;
            ALTER TABLE organizations_resource DROP CONSTRAINT resource_has_an_entry;
            """,
            state_operations=[
                migrations.AddConstraint(
                    model_name="resource",
                    constraint=organizations.constraints.ForeignKeyConstraint(
                        fields=("organization", "type"),
                        name="resource_type_in_organization",
                        to="organizations.ResourceType",
                        to_fields=("organization", "slug"),
                    ),
                ),
                migrations.AddConstraint(
                    model_name="resource",
                    constraint=organizations.constraints.ForeignKeyConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("id",),
                        name="resource_has_an_entry",
                        to="organizations.ResourceEntry",
                        to_fields=("resource",),
                    ),
                ),
            ],
        ),
        migrations.RunSQL(
            "ALTER TABLE organizations_resource VALIDATE CONSTRAINT resource_type_in_organization",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            "ALTER TABLE organizations_resource VALIDATE CONSTRAINT resource_has_an_entry",
            migrations.RunSQL.noop,
        ),
        # A new capability.
        migrations.RemoveConstraint(
            model_name="role",
            name="role_capabilities_are_known",
        ),
        migrations.RunSQL(migrations.RunSQL.noop, TAKE_CAPABILITY),
        django.contrib.postgres.operations.AddConstraintNotValid(
            model_name="role",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "capabilities__contained_by",
                        [
                            "manage_users",
                            "invite_users",
                            "deactivate_users",
                            "remove_users",
                            "manage_departments",
                            "create_subdepartments",
                            "reparent_departments",
                            "manage_roles",
                            "assign_roles",
                            "view_audit_log",
                            "export_audit_log",
                            "manage_knowledge_slices",
                            "manage_billing",
                            "manage_resources",
                            "override_all_permissions",
                        ],
                    )
                ),
                name="role_capabilities_are_known",
            ),
        ),
        django.contrib.postgres.operations.ValidateConstraint(
            model_name="role", name="role_capabilities_are_known"
        ),
    ]
