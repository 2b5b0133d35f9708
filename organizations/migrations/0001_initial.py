from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.constraints
import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import config.identifiers
import organizations.constraints

FUNCTIONS = Path(__file__).with_name("functions.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Department",
            fields=[
                ("id", config.identifiers.PrefixedIdField("dept")),
                ("name", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="DepartmentMembership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "membership_is_current",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value(True),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        verbose_name="member since",
                    ),
                ),
                (
                    "deleted_at",
                    models.DateTimeField(
                        blank=True, editable=False, null=True, verbose_name="removed at"
                    ),
                ),
                (
                    "is_current",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("deleted_at", None)), output_field=models.BooleanField()
                        ),
                        output_field=models.BooleanField(),
                        verbose_name="current",
                    ),
                ),
                (
                    "removed_membership",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Case(
                            models.When(deleted_at__isnull=False, then=models.F("id"))
                        ),
                        output_field=models.BigIntegerField(null=True),
                    ),
                ),
            ],
            options={
                "permissions": (
                    ("remove_membership", "Can remove members from their organization"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", config.identifiers.PrefixedIdField("org")),
                ("name", models.CharField(max_length=200)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("id", config.identifiers.PrefixedIdField("rem")),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("admin", "Admin"), ("command", "Command")],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("roles", models.JSONField(help_text="Id and name of each role that was taken.")),
                (
                    "departments",
                    models.JSONField(help_text="Id and name of each department that was left."),
                ),
                (
                    "resource_count",
                    models.PositiveIntegerField(
                        help_text="How many resources the member owned; they passed to the department, if any.",
                        verbose_name="resources",
                    ),
                ),
                ("trace_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "membership_is_current",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value(False),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Resource",
            fields=[
                ("id", config.identifiers.PrefixedIdField("res")),
                ("name", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", config.identifiers.PrefixedIdField("role")),
                ("name", models.CharField(max_length=200)),
                (
                    "capabilities",
                    django.contrib.postgres.fields.ArrayField(
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
                                ("override_all_permissions", "Override All Permissions"),
                            ],
                            max_length=50,
                        ),
                        blank=True,
                        default=list,
                        size=None,
                    ),
                ),
                (
                    "is_owner",
                    models.BooleanField(
                        default=False,
                        editable=False,
                        help_text="The members who hold this role own the organization.",
                        verbose_name="owner role",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="RoleAssignment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "membership_is_current",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value(True),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MemberAccount",
            fields=[],
            options={
                "proxy": True,
                "default_permissions": (),
                "indexes": [],
                "constraints": [],
            },
            bases=("users.user",),
        ),
        migrations.AddField(
            model_name="departmentmembership",
            name="department",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="departmentmembership",
            name="membership",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="department_memberships",
                to="organizations.membership",
            ),
        ),
        migrations.AddIndex(
            model_name="organization",
            index=models.Index(
                django.contrib.postgres.indexes.OpClass(
                    django.db.models.functions.text.Upper("name"), "text_pattern_ops"
                ),
                name="organization_by_name",
            ),
        ),
        migrations.AddField(
            model_name="membership",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="departmentmembership",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="department",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="departments",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="removals_made",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="membership",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="removal",
                to="organizations.membership",
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="removals",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="transferred_to",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                help_text="The department that the resources passed to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="resource",
            name="department",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="resource",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="resource",
            name="owner",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="resource",
            name="removal",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                editable=False,
                help_text="The removal that moved it to the department.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="organizations.removal",
            ),
        ),
        migrations.AddField(
            model_name="role",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="roles",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="membership",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="role_assignments",
                to="organizations.membership",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="organization",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="role",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="organizations.role",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("deleted_at", None)),
                fields=("organization", "user"),
                name="one_current_membership",
                violation_error_message="This user is a member of the organization already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("organization", "id", "is_current"), name="membership_is_current_key"
            ),
        ),
        migrations.AddConstraint(
            model_name="departmentmembership",
            constraint=models.UniqueConstraint(
                fields=("membership", "department"),
                name="department_joined_once",
                violation_error_message="The member belongs to this department already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="department_in_organization"
            ),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(fields=["organization", "membership"], name="removal_of_membership"),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(
                fields=["organization", "created_at"], name="removal_by_organization"
            ),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(fields=["created_at"], name="removal_by_date"),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(fields=["trace_id"], name="removal_by_trace"),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(
                condition=models.Q(("transferred_to__isnull", False)),
                fields=["transferred_to"],
                name="removal_by_target_department",
            ),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["api", "admin", "command"])),
                name="removal_source_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(
                condition=models.Q(("owner__isnull", False)),
                fields=["owner", "organization"],
                name="resource_by_owner",
            ),
        ),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(fields=["organization", "owner"], name="resource_by_organization"),
        ),
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(
                condition=models.Q(("department__isnull", False)),
                fields=["department"],
                name="resource_by_department",
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("department__isnull", False), ("owner", None)),
                    models.Q(("department", None), ("owner__isnull", False)),
                    _connector="OR",
                ),
                name="resource_has_one_owner",
                violation_error_message="Either a user or a department owns a resource.",
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="role_in_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                fields=("organization", "name"),
                name="role_name_in_organization",
                violation_error_message="The organization has a role of this name already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="role",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_owner", True)),
                fields=("organization",),
                name="one_owner_role_per_organization",
            ),
        ),
        migrations.AddConstraint(
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
                            "override_all_permissions",
                        ],
                    )
                ),
                name="role_capabilities_are_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                fields=("membership", "role"),
                name="role_assigned_once",
                violation_error_message="The member holds this role already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=organizations.constraints.ForeignKeyConstraint(
                deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                fields=("removed_membership",),
                name="removed_membership_has_record",
                to="organizations.Removal",
                to_fields=("membership",),
                violation_error_message="A membership ends by a removal, which leaves a record.",
            ),
        ),
        migrations.AddConstraint(
            model_name="departmentmembership",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "membership", "membership_is_current"),
                name="department_of_current_member",
                to="organizations.Membership",
                to_fields=("organization", "id", "is_current"),
                violation_error_message="Only an active member of the organization can belong to a department.",
            ),
        ),
        migrations.AddConstraint(
            model_name="departmentmembership",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "department"),
                name="department_of_same_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The department belongs to another organization.",
            ),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "membership", "membership_is_current"),
                name="removal_of_ended_membership",
                to="organizations.Membership",
                to_fields=("organization", "id", "is_current"),
            ),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transferred_to"),
                name="removal_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "department"),
                name="resource_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The department belongs to another organization.",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "membership", "membership_is_current"),
                name="role_of_current_member",
                to="organizations.Membership",
                to_fields=("organization", "id", "is_current"),
                violation_error_message="Only an active member of the organization can hold a role.",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "role"),
                name="role_of_same_organization",
                to="organizations.Role",
                to_fields=("organization", "id"),
                violation_error_message="The role belongs to another organization.",
            ),
        ),
        # The functions that triggers, constraints and removals call; see the file.
        migrations.RunSQL(FUNCTIONS, reverse_sql=migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="memberaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_stays_enabled",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NOT NEW."is_active" AND OLD."is_active")',
                    declare="DECLARE ownerless text;",
                    func="\n    IF NOT EXISTS (\n    SELECT role.organization_id\n    FROM organizations_membership AS membership\n    JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id\n    JOIN organizations_role AS role ON role.id = assignment.role_id\n    WHERE membership.user_id = NEW.id AND role.is_owner\n) THEN\n        RETURN NULL;\n    END IF;\n    PERFORM 1 FROM organizations_organization AS organization\n    WHERE organization.id IN (\n    SELECT role.organization_id\n    FROM organizations_membership AS membership\n    JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id\n    JOIN organizations_role AS role ON role.id = assignment.role_id\n    WHERE membership.user_id = NEW.id AND role.is_owner\n)\n    ORDER BY organization.id\n    FOR NO KEY UPDATE;\n    UPDATE organizations_organization SET name = name WHERE id IN (\n    SELECT role.organization_id\n    FROM organizations_membership AS membership\n    JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id\n    JOIN organizations_role AS role ON role.id = assignment.role_id\n    WHERE membership.user_id = NEW.id AND role.is_owner\n);\n    SELECT string_agg(organization.name, ', ' ORDER BY organization.id) INTO ownerless\n    FROM organizations_organization AS organization\n    WHERE organization.id IN (\n    SELECT role.organization_id\n    FROM organizations_membership AS membership\n    JOIN organizations_roleassignment AS assignment ON assignment.membership_id = membership.id\n    JOIN organizations_role AS role ON role.id = assignment.role_id\n    WHERE membership.user_id = NEW.id AND role.is_owner\n)\n        AND NOT organizations_owner_remains(organization.id, '{}');\n    IF ownerless IS NOT NULL THEN\n        RAISE EXCEPTION 'the organization would be left without an active owner'\n            USING ERRCODE = 'restrict_violation',\n            HINT = 'Make somebody else an owner of ' || ownerless || ' first.';\n    END IF;\n    RETURN NULL;\n",
                    hash="da6692be21211a93c814d8e17fcb3f4f8554fc19",
                    operation='UPDATE OF "is_active"',
                    pgid="pgtrigger_owner_stays_enabled_60c54",
                    table="users_user",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="member_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="17783636f78c5debb880c246d7bb84ffd10932b2",
                    operation="UPDATE",
                    pgid="pgtrigger_member_stays_87944",
                    table="organizations_membership",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="ends_by_removal",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="43f00233a275578b52ed25688e7e8d0f54f14312",
                    operation="DELETE",
                    pgid="pgtrigger_ends_by_removal_346da",
                    table="organizations_membership",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removal",
            trigger=pgtrigger.compiler.Trigger(
                name="append_only",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="8195f5f1399f788dc4e2848d215235a8e46b74da",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_append_only_c3df6",
                    table="organizations_removal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removal",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'records of removals are never deleted';",
                    hash="e3bf03a642c4b88d8757ae27854219a03ad982ba",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_b912a",
                    table="organizations_removal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="role",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_role_stays",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."is_owner" IS DISTINCT FROM (NEW."is_owner") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="b1f0795b9d4d1811857be03a41c7c25faf371854",
                    operation="UPDATE",
                    pgid="pgtrigger_owner_role_stays_e3462",
                    table="organizations_role",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_account_is_held",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n            UPDATE users_user AS account\n            SET is_active = account.is_active\n            FROM organizations_role AS role, organizations_membership AS membership\n            WHERE role.id = NEW.role_id AND role.is_owner\n                AND membership.id = NEW.membership_id AND account.id = membership.user_id;\n            RETURN NEW;\n        ",
                    hash="f26bccc018533e40e285c2182b3590c727a7c6d0",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_owner_account_is_held_fc27d",
                    table="organizations_roleassignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_stays_on_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE ownerless text;",
                    func="\n    IF NOT EXISTS (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n) THEN\n        RETURN NULL;\n    END IF;\n    PERFORM 1 FROM organizations_organization AS organization\n    WHERE organization.id IN (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n)\n    ORDER BY organization.id\n    FOR NO KEY UPDATE;\n    UPDATE organizations_organization SET name = name WHERE id IN (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n);\n    SELECT string_agg(organization.name, ', ' ORDER BY organization.id) INTO ownerless\n    FROM organizations_organization AS organization\n    WHERE organization.id IN (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n)\n        AND NOT organizations_owner_remains(organization.id, '{}');\n    IF ownerless IS NOT NULL THEN\n        RAISE EXCEPTION 'the organization would be left without an active owner'\n            USING ERRCODE = 'restrict_violation',\n            HINT = 'Make somebody else an owner of ' || ownerless || ' first.';\n    END IF;\n    RETURN NULL;\n",
                    hash="40455070728286fc6fbc80d53c13ef68a792f971",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_owner_stays_on_delete_1989e",
                    referencing="REFERENCING OLD TABLE AS taken ",
                    table="organizations_roleassignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_stays_on_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE ownerless text;",
                    func="\n    IF NOT EXISTS (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n) THEN\n        RETURN NULL;\n    END IF;\n    PERFORM 1 FROM organizations_organization AS organization\n    WHERE organization.id IN (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n)\n    ORDER BY organization.id\n    FOR NO KEY UPDATE;\n    UPDATE organizations_organization SET name = name WHERE id IN (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n);\n    SELECT string_agg(organization.name, ', ' ORDER BY organization.id) INTO ownerless\n    FROM organizations_organization AS organization\n    WHERE organization.id IN (\n    SELECT taken.organization_id\n    FROM taken LEFT JOIN organizations_role AS role ON role.id = taken.role_id\n    WHERE role.is_owner IS NOT FALSE\n)\n        AND NOT organizations_owner_remains(organization.id, '{}');\n    IF ownerless IS NOT NULL THEN\n        RAISE EXCEPTION 'the organization would be left without an active owner'\n            USING ERRCODE = 'restrict_violation',\n            HINT = 'Make somebody else an owner of ' || ownerless || ' first.';\n    END IF;\n    RETURN NULL;\n",
                    hash="37aa73644b9871997db6a80aa09ac4b86b6a3af3",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_owner_stays_on_update_50f3f",
                    referencing="REFERENCING OLD TABLE AS taken ",
                    table="organizations_roleassignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="no_truncate",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'every organization would lose its owners';",
                    hash="8362a31ae99a622b14a65f5d03ec139c77b1be66",
                    level="STATEMENT",
                    operation="TRUNCATE",
                    pgid="pgtrigger_no_truncate_4cf3c",
                    table="organizations_roleassignment",
                    when="BEFORE",
                ),
            ),
        ),
    ]
