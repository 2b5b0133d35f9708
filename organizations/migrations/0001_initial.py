import django.contrib.postgres.fields
import django.db.models.constraints
import django.db.models.deletion
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
from django.conf import settings
from django.db import migrations, models

import config.identifiers
import organizations.constraints


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "__first__"),
    ]

    operations = [
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
            name="Department",
            fields=[
                ("id", config.identifiers.PrefixedIdField("dept")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="departments",
                        to="organizations.organization",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "id"), name="department_in_organization"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", config.identifiers.PrefixedIdField("role")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="roles",
                        to="organizations.organization",
                    ),
                ),
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "id"), name="role_in_organization"
                    ),
                    models.UniqueConstraint(
                        fields=("organization", "name"),
                        name="role_name_in_organization",
                        violation_error_message="The organization has a role of this name already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_owner", True)),
                        fields=("organization",),
                        name="one_owner_role_per_organization",
                    ),
                    models.CheckConstraint(
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
                ],
            },
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
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="organizations.organization",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to=settings.AUTH_USER_MODEL,
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
                    "is_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("deleted_at", None)), output_field=models.BooleanField()
                        ),
                        output_field=models.BooleanField(),
                        verbose_name="active",
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
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("deleted_at", None)),
                        fields=("organization", "user"),
                        name="one_active_membership",
                        violation_error_message="This user is a member of the organization already.",
                    ),
                    models.UniqueConstraint(
                        fields=("organization", "id", "is_active"), name="membership_is_active_key"
                    ),
                ],
            },
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
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="role_assignments",
                        to="organizations.membership",
                    ),
                ),
                (
                    "role",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assignments",
                        to="organizations.role",
                    ),
                ),
                (
                    "membership_is_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value(True),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("membership", "role"),
                        name="role_assigned_once",
                        violation_error_message="The member holds this role already.",
                    )
                ],
            },
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
                    "membership",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="department_memberships",
                        to="organizations.membership",
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="memberships",
                        to="organizations.department",
                    ),
                ),
                (
                    "membership_is_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value(True),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("membership", "department"),
                        name="department_joined_once",
                        violation_error_message="The member belongs to this department already.",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Removal",
            fields=[
                ("id", config.identifiers.PrefixedIdField("rem")),
                (
                    "organization",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removals",
                        to="organizations.organization",
                    ),
                ),
                (
                    "membership",
                    models.OneToOneField(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removal",
                        to="organizations.membership",
                    ),
                ),
                (
                    "actor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="removals_made",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[("api", "API"), ("admin", "Admin"), ("command", "Command")],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "transferred_to",
                    models.ForeignKey(
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
                    "membership_is_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Value(False),
                        output_field=models.BooleanField(),
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("transferred_to__isnull", False)),
                        fields=["transferred_to"],
                        name="removal_by_target_department",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["api", "admin", "command"])),
                        name="removal_source_is_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Resource",
            fields=[
                ("id", config.identifiers.PrefixedIdField("res")),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="organizations.organization",
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "department",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="resources",
                        to="organizations.department",
                    ),
                ),
                (
                    "removal",
                    models.ForeignKey(
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
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("owner__isnull", False)),
                        fields=["owner", "organization"],
                        name="resource_by_owner",
                    ),
                    models.Index(
                        condition=models.Q(("department__isnull", False)),
                        fields=["department"],
                        name="resource_by_department",
                    ),
                    models.Index(
                        condition=models.Q(("removal__isnull", False)),
                        fields=["removal"],
                        name="resource_by_removal",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("department__isnull", False), ("owner", None)),
                            models.Q(("department", None), ("owner__isnull", False)),
                            _connector="OR",
                        ),
                        name="resource_has_one_owner",
                        violation_error_message="Either a user or a department owns a resource.",
                    )
                ],
            },
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
            model_name="roleassignment",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "membership", "membership_is_active"),
                name="role_of_active_member",
                to="organizations.Membership",
                to_fields=("organization", "id", "is_active"),
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
        migrations.AddConstraint(
            model_name="departmentmembership",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "membership", "membership_is_active"),
                name="department_of_active_member",
                to="organizations.Membership",
                to_fields=("organization", "id", "is_active"),
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
                fields=("organization", "membership", "membership_is_active"),
                name="removal_of_ended_membership",
                to="organizations.Membership",
                to_fields=("organization", "id", "is_active"),
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
                name="owner_stays_on_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n    PERFORM 1 FROM organizations_organization AS organization\n    WHERE organization.id IN (\n        SELECT role.organization_id\n        FROM taken JOIN organizations_role AS role ON role.id = taken.role_id\n        WHERE role.is_owner\n    )\n    ORDER BY organization.id\n    FOR NO KEY UPDATE;\n    IF FOUND AND EXISTS (\n        SELECT FROM taken JOIN organizations_role AS role ON role.id = taken.role_id\n        WHERE role.is_owner AND NOT EXISTS (\n            SELECT FROM organizations_roleassignment AS assignment\n            JOIN organizations_membership AS membership ON membership.id = assignment.membership_id\n            JOIN users_user AS account ON account.id = membership.user_id\n            WHERE assignment.role_id = role.id AND account.is_active\n        )\n    ) THEN\n        RAISE EXCEPTION 'the organization would be left without an active owner'\n            USING ERRCODE = 'restrict_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="68b60354e3877a21b9863eb19a2001691596e5dd",
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
                    func="\n    PERFORM 1 FROM organizations_organization AS organization\n    WHERE organization.id IN (\n        SELECT role.organization_id\n        FROM taken JOIN organizations_role AS role ON role.id = taken.role_id\n        WHERE role.is_owner\n    )\n    ORDER BY organization.id\n    FOR NO KEY UPDATE;\n    IF FOUND AND EXISTS (\n        SELECT FROM taken JOIN organizations_role AS role ON role.id = taken.role_id\n        WHERE role.is_owner AND NOT EXISTS (\n            SELECT FROM organizations_roleassignment AS assignment\n            JOIN organizations_membership AS membership ON membership.id = assignment.membership_id\n            JOIN users_user AS account ON account.id = membership.user_id\n            WHERE assignment.role_id = role.id AND account.is_active\n        )\n    ) THEN\n        RAISE EXCEPTION 'the organization would be left without an active owner'\n            USING ERRCODE = 'restrict_violation';\n    END IF;\n    RETURN NULL;\n",
                    hash="7de7795492bd6da10ccd5475bb5d2400f2169ff6",
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
    ]
