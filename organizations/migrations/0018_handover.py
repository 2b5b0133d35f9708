"""Steps of organizations, and the tasks that removals make of them."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.constraints
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import config.case_insensitive_names
import config.identifiers
import organizations.constraints
import organizations.models.resource_type
import users.addresses_in


def unique(name: str, table: str, columns: str) -> list[migrations.RunSQL]:
    """Return what adds a unique constraint to a table while others write to it."""
    return [
        migrations.RunSQL(
            f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table} ({columns})",
            migrations.RunSQL.noop,
        ),
        migrations.RunSQL(
            f"ALTER TABLE {table} ADD CONSTRAINT {name} UNIQUE USING INDEX {name}",
            f"ALTER TABLE {table} DROP CONSTRAINT {name}",
        ),
    ]


class Migration(migrations.Migration):
    atomic = False  # removals are many, and nobody waits for their key

    dependencies = [
        ("organizations", "0017_connections"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # Both have an id, so no rows are equal.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *unique(
                    "removal_in_organization",
                    "organizations_removal",
                    "id, organization_id",
                ),
                *unique(
                    "connection_in_organization",
                    "organizations_scimconnection",
                    "organization_id, id",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS connection_by_id",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS connection_by_id"
                    " ON organizations_scimconnection (organization_id, id)",
                ),
                # While nothing is known of the table, the key of tasks would be looked for in it:
                # among all removals of a batch, which are of one moment.
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS removal_by_organization",
                    "CREATE INDEX CONCURRENTLY IF NOT EXISTS removal_by_organization"
                    " ON organizations_removal (organization_id, created_at)",
                ),
            ],
            state_operations=[
                migrations.RemoveIndex(
                    model_name="removal",
                    name="removal_by_organization",
                ),
                migrations.RemoveIndex(
                    model_name="connection",
                    name="connection_by_id",
                ),
                migrations.AddConstraint(
                    model_name="connection",
                    constraint=models.UniqueConstraint(
                        fields=("organization", "id"), name="connection_in_organization"
                    ),
                ),
                migrations.AddConstraint(
                    model_name="removal",
                    constraint=models.UniqueConstraint(
                        fields=("id", "organization"), name="removal_in_organization"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="OffboardingStep",
            fields=[
                ("id", config.identifiers.PrefixedIdField("stp")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offboarding_steps",
                        to="organizations.organization",
                    ),
                ),
                (
                    "key",
                    organizations.models.resource_type.SlugField(
                        help_text="What its tasks are called by; it never changes."
                    ),
                ),
                ("title", config.case_insensitive_names.TrimmedNameField(max_length=200)),
                ("description", models.CharField(blank=True, max_length=2000)),
                (
                    "applies_to_type",
                    organizations.models.resource_type.SlugField(
                        blank=True,
                        help_text="Only for leavers who owned resources of this type; empty for everybody.",
                        null=True,
                    ),
                ),
                (
                    "assigned_to_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assigned_to_department",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.RESTRICT,
                        related_name="+",
                        to="organizations.department",
                    ),
                ),
                (
                    "assigned_to_connection",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.connection",
                    ),
                ),
                (
                    "due_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days of 24 hours after the removal; empty for no date.",
                        null=True,
                        validators=[django.core.validators.MaxValueValidator(365)],
                    ),
                ),
                (
                    "position",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Its place among the steps; equal ones are sorted by key.",
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
            ],
        ),
        migrations.CreateModel(
            name="OffboardingTask",
            fields=[
                ("id", config.identifiers.PrefixedIdField("tsk")),
                (
                    "removal",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasks",
                        to="organizations.removal",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="offboarding_tasks",
                        to="organizations.organization",
                    ),
                ),
                ("key", organizations.models.resource_type.SlugField()),
                ("title", models.CharField(max_length=200)),
                ("description", models.CharField(blank=True, max_length=2000)),
                (
                    "assigned_to_user",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assigned_to_department",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="organizations.department",
                    ),
                ),
                (
                    "assigned_to_connection",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.connection",
                    ),
                ),
                (
                    "department_name",
                    models.CharField(
                        blank=True,
                        help_text="The department's, when the task was closed.",
                        max_length=200,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("skipped", "Skipped"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=1000)),
                (
                    "count",
                    models.PositiveIntegerField(
                        blank=True, help_text="How much a system says it passed on.", null=True
                    ),
                ),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "closed_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "closed_by_connection",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organizations.connection",
                    ),
                ),
                (
                    "overdue_reported_at",
                    models.DateTimeField(blank=True, editable=False, null=True),
                ),
                (
                    "open_department",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(state="open", then=models.F("assigned_to_department"))
                        ),
                        output_field=models.CharField(db_collation="C", max_length=64, null=True),
                    ),
                ),
                (
                    "cancelled_removal",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(state="cancelled", then=models.F("removal"))
                        ),
                        output_field=models.CharField(db_collation="C", max_length=64, null=True),
                    ),
                ),
            ],
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
                    ("task.closed", "Task closed"),
                    ("task.reopened", "Task reopened"),
                    ("task.overdue", "Task overdue"),
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
                        ("task.closed", "Task closed"),
                        ("task.reopened", "Task reopened"),
                        ("task.overdue", "Task overdue"),
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
        pgtrigger.migrations.AddTrigger(
            model_name="restoration",
            trigger=pgtrigger.compiler.Trigger(
                name="its_tasks_are_cancelled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF EXISTS (\n            SELECT FROM organizations_offboardingtask\n            WHERE removal_id = NEW.removal_id AND state IN ('open', 'failed')\n        ) THEN\n            RAISE EXCEPTION 'a restoration cancels the open and failed tasks of its removal'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="c6c117a41fe0c1bde9312009442fa634049140a9",
                    operation="INSERT",
                    pgid="pgtrigger_its_tasks_are_cancelled_21e91",
                    table="organizations_restoration",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingstep",
            index=models.Index(
                condition=models.Q(("enabled", True)), fields=["organization"], name="step_enabled"
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingstep",
            index=models.Index(
                condition=models.Q(("assigned_to_department__isnull", False)),
                fields=["assigned_to_department"],
                name="step_by_department",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingstep",
            constraint=models.UniqueConstraint(
                fields=("organization", "key"),
                name="step_key_in_organization",
                violation_error_message="The organization has a step with this key already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("assigned_to_department", None), ("assigned_to_user", None)),
                    models.Q(("assigned_to_connection", None), ("assigned_to_user", None)),
                    models.Q(("assigned_to_connection", None), ("assigned_to_department", None)),
                    _connector="OR",
                ),
                name="step_has_one_assignee",
                violation_error_message="A step is assigned to one person, department or system.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("due_days__lte", 365)), name="step_is_due_within_a_year"
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingstep",
            constraint=models.CheckConstraint(
                condition=models.Q(("title", ""), _negated=True), name="step_has_a_title"
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingstep",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "assigned_to_department"),
                name="step_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such department.",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingstep",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "assigned_to_connection"),
                name="step_connection_in_organization",
                to="organizations.Connection",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such connection.",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offboardingstep",
            trigger=pgtrigger.compiler.Trigger(
                name="key_never_changes",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."key" IS DISTINCT FROM (NEW."key"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="8dd1778d8000f2e0eb7bde3c57ca3a001c75fa84",
                    operation="UPDATE",
                    pgid="pgtrigger_key_never_changes_904dc",
                    table="organizations_offboardingstep",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(fields=["organization", "id"], name="task_by_id"),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(fields=["organization", "state", "id"], name="task_by_state"),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("state", "open")),
                fields=["organization", "due_at", "id"],
                name="task_by_date",
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(
                condition=models.Q(("assigned_to_user__isnull", False)),
                fields=["assigned_to_user", "id"],
                name="task_by_user",
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(
                condition=models.Q(
                    ("assigned_to_department__isnull", False),
                    models.Q(("state", "open"), _negated=True),
                ),
                fields=["assigned_to_department", "id"],
                name="task_by_department",
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(
                condition=models.Q(("assigned_to_connection__isnull", False)),
                fields=["assigned_to_connection", "id"],
                name="task_by_connection",
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=models.Index(
                condition=models.Q(("open_department__isnull", False)),
                fields=["open_department", "id"],
                name="task_open_by_department",
            ),
        ),
        migrations.AddIndex(
            model_name="offboardingtask",
            index=django.contrib.postgres.indexes.GinIndex(
                users.addresses_in.AddressesIn("note"),
                condition=models.Q(("note__contains", "@")),
                fastupdate=False,
                name="task_by_written_address",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=models.UniqueConstraint(
                fields=("removal", "key"), name="task_key_in_removal"
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("assigned_to_department", None), ("assigned_to_user", None)),
                    models.Q(("assigned_to_connection", None), ("assigned_to_user", None)),
                    models.Q(("assigned_to_connection", None), ("assigned_to_department", None)),
                    _connector="OR",
                ),
                name="task_has_one_assignee",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["open", "done", "failed", "skipped", "cancelled"])
                ),
                name="task_state_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("closed_at", None),
                        ("closed_by", None),
                        ("closed_by_connection", None),
                        ("state", "open"),
                    ),
                    models.Q(
                        models.Q(("state", "open"), _negated=True), ("closed_at__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="task_is_open_until_it_is_closed",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_by", None), ("closed_by_connection", None), _connector="OR"
                ),
                name="task_is_closed_by_one",
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "removal"),
                name="task_of_removal",
                to="organizations.Removal",
                to_fields=("organization", "id"),
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "open_department"),
                name="open_task_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
            ),
        ),
        migrations.AddConstraint(
            model_name="offboardingtask",
            constraint=organizations.constraints.ForeignKeyConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("cancelled_removal",),
                name="cancelled_task_of_undone_removal",
                to="organizations.Restoration",
                to_fields=("removal",),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offboardingtask",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_once_its_removal_is_undone",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.note NOT IN (OLD.note, '') OR (NEW.state, NEW.count, NEW.closed_at) IS DISTINCT FROM (OLD.state, OLD.count, OLD.closed_at))",
                    func="\n        IF EXISTS (SELECT FROM organizations_restoration WHERE removal_id = NEW.removal_id) THEN\n            RAISE EXCEPTION 'no task of a removal that was undone changes any more'\n                USING ERRCODE = 'check_violation';\n        END IF;\n        RETURN NEW;\n    ",
                    hash="afdaa1a6b9038f7d9b67f00d3a24e05851f16c37",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_once_its_removal_is_undone_f5b1b",
                    table="organizations_offboardingtask",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offboardingtask",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="2e1b43410ac89b427ddc58de01b852ff7b8660fb",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_df70c",
                    table="organizations_offboardingtask",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offboardingtask",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."removal_id" IS DISTINCT FROM (NEW."removal_id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."key" IS DISTINCT FROM (NEW."key") OR OLD."title" IS DISTINCT FROM (NEW."title") OR OLD."description" IS DISTINCT FROM (NEW."description") OR OLD."assigned_to_user_id" IS DISTINCT FROM (NEW."assigned_to_user_id") OR OLD."assigned_to_connection_id" IS DISTINCT FROM (NEW."assigned_to_connection_id") OR OLD."due_at" IS DISTINCT FROM (NEW."due_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="f376f70145441702458d290445fe2e827611ce45",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_36b2f",
                    table="organizations_offboardingtask",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="offboardingtask",
            trigger=pgtrigger.compiler.Trigger(
                name="department_is_only_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.assigned_to_department_id IS NOT NULL AND NEW.assigned_to_department_id IS DISTINCT FROM OLD.assigned_to_department_id)",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="4163c7a70ad4953fc21cd13c37d99c95c8dd72f5",
                    operation="UPDATE",
                    pgid="pgtrigger_department_is_only_emptied_554b7",
                    table="organizations_offboardingtask",
                    when="BEFORE",
                ),
            ),
        ),
    ]
