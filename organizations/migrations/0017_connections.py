import django.contrib.postgres.fields
import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.apps.registry import Apps
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import config.identifiers

ONE_DIRECTORY = (
    "one_enabled_directory ON organizations_scimconnection (organization_id)"
    " WHERE disabled_at IS NULL"
)


def _replace_id_check(pattern: str) -> str:
    """Return the SQL that gives the ids of connections another form."""
    return f"""
        ALTER TABLE organizations_scimconnection
            DROP CONSTRAINT organizations_scimconnection_id_check,
            ADD CONSTRAINT organizations_scimconnection_id_check CHECK (id ~ '{pattern}')
    """


def rename_permissions(apps: Apps, before: str, after: str) -> None:
    """Let staff who could view or change connections do so under the model's new name.

    A permission that there is under both names, since `migrate` was stopped, is left.
    """
    permissions = apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="organizations"
    )
    for verb in ("add", "change", "delete", "view"):
        if not permissions.filter(codename=f"{verb}_{after}").exists():
            permissions.filter(codename=f"{verb}_{before}").update(
                codename=f"{verb}_{after}", name=f"Can {verb} connection"
            )


def rename_forwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rename_permissions(apps, "scimconnection", "connection")


def rename_backwards(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    rename_permissions(apps, "connection", "scimconnection")


class Migration(migrations.Migration):
    atomic = False  # events and removals are many, and nobody waits for their indexes

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("organizations", "0016_invitations"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # The table keeps its name: the previous version can run beside this one.
        migrations.AlterModelTable("scimconnection", "organizations_scimconnection"),
        migrations.RenameModel("ScimConnection", "Connection"),
        migrations.RunPython(rename_forwards, rename_backwards),
        migrations.AlterModelOptions(
            name="connection",
            options={},
        ),
        migrations.AddField(
            model_name="connection",
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
                db_default=[],
                default=list,
                help_text="What a program may do. A directory has every capability.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="expires_at",
            field=models.DateTimeField(
                blank=True, help_text="When the tokens of a program expire.", null=True
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="kind",
            field=models.CharField(
                choices=[("api", "Program"), ("directory", "Directory")],
                db_default="directory",
                default="directory",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="last_used_on",
            field=models.DateField(
                blank=True,
                editable=False,
                help_text="The last day on which a program used it.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="connection",
            name="rotated_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="Who was shown its latest token, if it was not the first.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="restoration",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.connection",
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The system that requested it, which must still be connected when it is due.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.connection",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
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
        # Django alters no check of a column. The rows there are keep to the narrower one.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    _replace_id_check(r"\A(?:scim|con)_[A-Za-z0-9_]+\Z"),
                    _replace_id_check(r"\Ascim_[A-Za-z0-9_]+\Z"),
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="connection",
                    name="id",
                    field=config.identifiers.PrefixedIdField("scim", "con"),
                )
            ],
        ),
        migrations.AlterField(
            model_name="connection",
            name="name",
            field=models.CharField(help_text="Which system it is.", max_length=100),
        ),
        migrations.AlterField(
            model_name="connection",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="connections",
                to="organizations.organization",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="connection",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_what_it_is",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."kind" IS DISTINCT FROM (NEW."kind") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="40367195bba4a05f59bbe8ce3ead80c407c722f7",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_what_it_is_b369a",
                    table="organizations_scimconnection",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("expires_at", None), ("id__startswith", "scim_"), ("kind", "directory")
                    ),
                    models.Q(
                        ("expires_at__isnull", False), ("id__startswith", "con_"), ("kind", "api")
                    ),
                    _connector="OR",
                ),
                name="connection_is_of_its_kind",
            ),
        ),
        migrations.AddConstraint(
            model_name="connection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("capabilities", []), ("kind", "directory")),
                    models.Q(
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
                        ),
                        ("disable_staff", False),
                        ("kind", "api"),
                        ("remove_after_days", None),
                        ("transfer_on_deactivate", None),
                        ("transfer_on_removal", None),
                    ),
                    _connector="OR",
                ),
                name="connection_has_what_its_kind_has",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f"CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS {ONE_DIRECTORY}"
                    " AND kind = 'directory'",
                    "DROP INDEX CONCURRENTLY IF EXISTS one_enabled_directory",
                ),
                migrations.RunSQL(
                    "DROP INDEX CONCURRENTLY IF EXISTS one_enabled_scim_connection",
                    "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_enabled_scim_connection"
                    " ON organizations_scimconnection (organization_id) WHERE disabled_at IS NULL",
                ),
            ],
            state_operations=[
                migrations.AddConstraint(
                    model_name="connection",
                    constraint=models.UniqueConstraint(
                        condition=models.Q(("disabled_at", None), ("kind", "directory")),
                        fields=("organization",),
                        name="one_enabled_directory",
                        violation_error_message="The organization has an enabled connection already. In the admin another token can be issued for it, or it can be disabled.",
                    ),
                ),
                migrations.RemoveConstraint(
                    model_name="connection",
                    name="one_enabled_scim_connection",
                ),
            ],
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name="scheduledremoval",
            name="never_changed",
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id") OR OLD."remove_at" IS DISTINCT FROM (NEW."remove_at") OR OLD."requested_by_id" IS DISTINCT FROM (NEW."requested_by_id") OR OLD."connection_id" IS DISTINCT FROM (NEW."connection_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."requested_at" IS DISTINCT FROM (NEW."requested_at") OR OLD."transferred_to_id" IS DISTINCT FROM (NEW."transferred_to_id") OR OLD."transferred_to_user_id" IS DISTINCT FROM (NEW."transferred_to_user_id") OR OLD."trace_id" IS DISTINCT FROM (NEW."trace_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="413fc0dc32d1aea494eee7035de89528698732f9",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_91062",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        AddIndexConcurrently(
            model_name="connection",
            index=models.Index(fields=["organization", "id"], name="connection_by_id"),
        ),
        AddIndexConcurrently(
            model_name="connection",
            index=models.Index(fields=["token_digest"], name="connection_by_token"),
        ),
        AddIndexConcurrently(
            model_name="connection",
            index=models.Index(
                condition=models.Q(("previous_token_digest__isnull", False)),
                fields=["previous_token_digest"],
                name="connection_by_previous_token",
            ),
        ),
        AddIndexConcurrently(
            model_name="event",
            index=models.Index(
                condition=models.Q(("connection__isnull", False)),
                fields=["connection", "id"],
                name="event_by_connection",
            ),
        ),
        AddIndexConcurrently(
            model_name="removal",
            index=models.Index(
                condition=models.Q(("connection__isnull", False)),
                fields=["connection", "id"],
                name="removal_by_connection",
            ),
        ),
    ]
