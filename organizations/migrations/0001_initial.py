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
import config.search
import organizations.constraints
import organizations.models.member_field

STARTING_ROLES = Path(__file__).with_name("starting_roles.sql").read_text(encoding="utf-8")
RULES = (Path(__file__).parents[1] / "guards" / "rules.sql").read_text(encoding="utf-8")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("users", "0001_initial"),
        # Its functions, which the trigger on events calls.
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [
        migrations.CreateModel(
            name="Department",
            fields=[
                ("id", config.identifiers.PrefixedIdField("dept")),
                ("name", models.CharField(max_length=200)),
                ("name_words", config.search.WordsField(of="name")),
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
            name="Event",
            fields=[
                ("id", config.identifiers.PrefixedIdField("evt")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("member.added", "Member added"),
                            ("member.updated", "Member updated"),
                            ("member.deactivated", "Member deactivated"),
                            ("member.reactivated", "Member reactivated"),
                            ("member.removed", "Member removed"),
                            ("member.restored", "Member restored"),
                            ("removal.scheduled", "Removal scheduled"),
                            ("removal.cancelled", "Removal cancelled"),
                            ("removal.failed", "Removal failed"),
                            ("resources.transferred", "Resources transferred"),
                            ("webhook.test", "Webhook test"),
                        ],
                        max_length=40,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("schedule", "Schedule"),
                            ("scim", "SCIM"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                (
                    "data",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Ids and counts; no name and no address.",
                    ),
                ),
                ("trace_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
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
                ("deactivated_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "is_current",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("deleted_at", None)), output_field=models.BooleanField()
                        ),
                        output_field=models.BooleanField(),
                    ),
                ),
                (
                    "is_active",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.ExpressionWrapper(
                            models.Q(("deactivated_at", None), ("deleted_at", None)),
                            output_field=models.BooleanField(),
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
                "permissions": (
                    ("remove_membership", "Can remove members from their organization"),
                    ("deactivate_membership", "Can deactivate and reactivate members"),
                    ("restore_membership", "Can restore members who were removed"),
                ),
            },
        ),
        migrations.CreateModel(
            name="Organization",
            fields=[
                ("id", config.identifiers.PrefixedIdField("org")),
                ("name", models.CharField(max_length=200)),
                ("name_words", config.search.WordsField(of="name")),
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
                        choices=[
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("schedule", "Schedule"),
                            ("scim", "SCIM"),
                        ],
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
                        help_text="How many resources the member owned; they passed on, if somebody takes over.",
                        verbose_name="resources",
                    ),
                ),
                ("trace_id", models.CharField(blank=True, max_length=64)),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
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
            name="Restoration",
            fields=[
                ("id", config.identifiers.PrefixedIdField("rst")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("schedule", "Schedule"),
                            ("scim", "SCIM"),
                        ],
                        max_length=10,
                    ),
                ),
                ("roles", models.JSONField(help_text="Id and name of each role that came back.")),
                (
                    "departments",
                    models.JSONField(help_text="Id and name of each department that came back."),
                ),
                (
                    "resource_count",
                    models.PositiveIntegerField(
                        help_text="How many resources came back.", verbose_name="resources"
                    ),
                ),
                (
                    "roles_not_restored",
                    models.JSONField(
                        default=list,
                        help_text="Id, name and why of each role that did not come back.",
                    ),
                ),
                (
                    "departments_not_restored",
                    models.JSONField(
                        default=list,
                        help_text="Id, name and why of each department that did not come back.",
                    ),
                ),
                (
                    "resources_not_restored",
                    models.PositiveIntegerField(
                        default=0,
                        help_text="How many resources of the removal were elsewhere by then.",
                    ),
                ),
                ("trace_id", models.CharField(blank=True, max_length=64)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name="Role",
            fields=[
                ("id", config.identifiers.PrefixedIdField("role")),
                ("name", models.CharField(max_length=200)),
                ("name_words", config.search.WordsField(of="name")),
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
            name="ScheduledRemoval",
            fields=[
                ("id", config.identifiers.PrefixedIdField("sch")),
                ("remove_at", models.DateTimeField()),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("api", "API"),
                            ("admin", "Admin"),
                            ("command", "Command"),
                            ("schedule", "Schedule"),
                            ("scim", "SCIM"),
                        ],
                        max_length=10,
                    ),
                ),
                ("requested_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("reason", models.TextField(blank=True)),
                ("trace_id", models.CharField(blank=True, max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "failure",
                    models.CharField(
                        blank=True,
                        help_text="The code of what stood in the way when it was due.",
                        max_length=40,
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ScimConnection",
            fields=[
                ("id", config.identifiers.PrefixedIdField("scim")),
                ("name", models.CharField(help_text="Which directory it is.", max_length=100)),
                ("token_digest", models.BinaryField(max_length=32)),
                ("previous_token_digest", models.BinaryField(blank=True, max_length=32, null=True)),
                (
                    "previous_token_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Until when the token before works.",
                        null=True,
                    ),
                ),
                (
                    "remove_after_days",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        help_text="Days after which a member whom it deactivated is removed; empty for never.",
                        null=True,
                    ),
                ),
                ("last_request_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("disabled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "verbose_name": "SCIM connection",
            },
        ),
        migrations.CreateModel(
            name="ScimIdentity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("user_name", models.CharField(max_length=320)),
                ("external_id", models.CharField(blank=True, max_length=255)),
                ("formatted_name", models.CharField(blank=True, max_length=200)),
                ("given_name", models.CharField(blank=True, max_length=200)),
                ("family_name", models.CharField(blank=True, max_length=200)),
                ("display_name", models.CharField(blank=True, max_length=200)),
                (
                    "changed_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
                ),
            ],
            options={
                "verbose_name": "SCIM identity",
                "verbose_name_plural": "SCIM identities",
                "default_permissions": ("view",),
            },
        ),
        migrations.CreateModel(
            name="TokenBinding",
            fields=[
                (
                    "token",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="binding",
                        serialize=False,
                        to="users.accesstoken",
                    ),
                ),
            ],
            options={
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="WebhookDelivery",
            fields=[
                ("id", config.identifiers.PrefixedIdField("dlv")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                (
                    "next_attempt_at",
                    models.DateTimeField(blank=True, default=django.utils.timezone.now, null=True),
                ),
                ("last_status_code", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "last_error",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("timeout", "no answer in time"),
                            ("refused", "no connection"),
                            ("tls", "no trusted certificate"),
                            ("address", "no address that may be reached"),
                            ("status", "an answer other than 2xx"),
                        ],
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("delivered_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "webhook deliveries",
            },
        ),
        migrations.CreateModel(
            name="WebhookEndpoint",
            fields=[
                ("id", config.identifiers.PrefixedIdField("we")),
                ("url", models.CharField(max_length=2000, verbose_name="URL")),
                ("description", models.CharField(blank=True, max_length=500)),
                (
                    "event_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("member.added", "Member added"),
                                ("member.updated", "Member updated"),
                                ("member.deactivated", "Member deactivated"),
                                ("member.reactivated", "Member reactivated"),
                                ("member.removed", "Member removed"),
                                ("member.restored", "Member restored"),
                                ("removal.scheduled", "Removal scheduled"),
                                ("removal.cancelled", "Removal cancelled"),
                                ("removal.failed", "Removal failed"),
                                ("resources.transferred", "Resources transferred"),
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
                ("secret_version", models.PositiveIntegerField(default=1, editable=False)),
                (
                    "previous_secret_until",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Until when the secret before signs along.",
                        null=True,
                    ),
                ),
                ("disabled_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "disabled_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("asked", "as asked"),
                            ("gone", "the receiver answered 410 Gone"),
                            ("failing", "five days of nothing but failures"),
                        ],
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("last_success_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "failing_since",
                    models.DateTimeField(
                        blank=True,
                        editable=False,
                        help_text="Since when every attempt has failed.",
                        null=True,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(default=django.utils.timezone.now, editable=False),
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
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="departmentmembership",
            name="user",
            field=organizations.models.member_field.MemberField(),
        ),
        migrations.AddField(
            model_name="event",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events_caused",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
                to=settings.AUTH_USER_MODEL,
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
            index=django.contrib.postgres.indexes.GinIndex(
                config.search.Lexemes("name_words"), fastupdate=False, name="organization_by_name"
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
            model_name="event",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="events",
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
                db_index=False,
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
            model_name="removal",
            name="transferred_to_user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The person whom the resources passed to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
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
                help_text="The removal that put it where it is.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="resources",
                to="organizations.removal",
            ),
        ),
        migrations.AddField(
            model_name="restoration",
            name="actor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="restorations_made",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="restoration",
            name="membership",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="restoration",
                to="organizations.membership",
            ),
        ),
        migrations.AddField(
            model_name="restoration",
            name="removal",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="restoration",
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
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to="organizations.role",
            ),
        ),
        migrations.AddField(
            model_name="roleassignment",
            name="user",
            field=organizations.models.member_field.MemberField(),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="cancelled_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="membership",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="scheduled_removals",
                to="organizations.membership",
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="scheduled_removals",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="removal",
            field=models.OneToOneField(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="schedule",
                to="organizations.removal",
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="requested_by",
            field=models.ForeignKey(
                blank=True,
                help_text="Whose permission is asked again when it is due.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="removals_scheduled",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="transferred_to",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The department that the resources will pass to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="scheduledremoval",
            name="transferred_to_user",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The person whom the resources will pass to.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="scimconnection",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="scim_connections",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="scimconnection",
            name="transfer_on_deactivate",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The department that takes over what a member owns when they are deactivated.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="scimconnection",
            name="transfer_on_removal",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                help_text="The department that takes over what a member owns when they are removed.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.department",
            ),
        ),
        migrations.AddField(
            model_name="removal",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.scimconnection",
            ),
        ),
        migrations.AddField(
            model_name="event",
            name="connection",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.scimconnection",
            ),
        ),
        migrations.AddField(
            model_name="scimidentity",
            name="account_made_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="The connection that made the account, and may change its name and address.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="accounts_made",
                to="organizations.scimconnection",
            ),
        ),
        migrations.AddField(
            model_name="scimidentity",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="scim_identities",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="scimidentity",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="scim_identities",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="tokenbinding",
            name="membership",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="organizations.membership",
            ),
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="event",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="deliveries",
                to="organizations.event",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="webhook_endpoints",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="organization",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="webhook_endpoints",
                to="organizations.organization",
            ),
        ),
        migrations.AddField(
            model_name="webhookdelivery",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="deliveries",
                to="organizations.webhookendpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("deactivated_at__isnull", False), ("deleted_at", None)),
                fields=["organization", "user"],
                name="deactivated_member",
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
            model_name="membership",
            constraint=models.UniqueConstraint(
                fields=("organization", "user", "id", "is_current"), name="current_member_key"
            ),
        ),
        migrations.AddIndex(
            model_name="departmentmembership",
            index=models.Index(fields=["department", "user"], name="department_members"),
        ),
        migrations.AddConstraint(
            model_name="departmentmembership",
            constraint=models.UniqueConstraint(
                fields=("membership", "department"),
                name="department_joined_once",
                violation_error_message="The member belongs to this department already.",
            ),
        ),
        migrations.AddIndex(
            model_name="department",
            index=django.contrib.postgres.indexes.GinIndex(
                config.search.Lexemes("name_words"), fastupdate=False, name="department_by_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.UniqueConstraint(
                fields=("organization", "id"), name="department_in_organization"
            ),
        ),
        migrations.AddConstraint(
            model_name="department",
            constraint=models.UniqueConstraint(
                fields=("organization", "name"),
                name="department_name_in_organization",
                violation_error_message="The organization has a department of this name already.",
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
        migrations.AddIndex(
            model_name="resource",
            index=models.Index(
                condition=models.Q(("removal__isnull", False)),
                fields=["removal"],
                name="resource_by_removal",
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
            model_name="restoration",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["api", "admin", "command", "schedule", "scim"])),
                name="restoration_source_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="role",
            index=django.contrib.postgres.indexes.GinIndex(
                config.search.Lexemes("name_words"), fastupdate=False, name="role_by_name"
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
        migrations.AddIndex(
            model_name="roleassignment",
            index=models.Index(fields=["role", "user"], name="role_holders"),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=models.UniqueConstraint(
                fields=("membership", "role"),
                name="role_assigned_once",
                violation_error_message="The member holds this role already.",
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledremoval",
            index=models.Index(fields=["organization", "id"], name="scheduled_removal_by_id"),
        ),
        migrations.AddIndex(
            model_name="scheduledremoval",
            index=models.Index(
                fields=["organization", "status", "id"], name="scheduled_removal_by_status"
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledremoval",
            index=models.Index(
                condition=models.Q(("status", "pending")),
                fields=["remove_at", "id"],
                name="scheduled_removal_due",
            ),
        ),
        migrations.AddIndex(
            model_name="scheduledremoval",
            index=models.Index(
                condition=models.Q(("status", "failed")),
                fields=["ended_at"],
                name="scheduled_removal_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "pending")),
                fields=("membership",),
                name="one_pending_scheduled_removal",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["api", "admin", "command", "schedule", "scim"])),
                name="scheduled_removal_source_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("transferred_to", None), ("transferred_to_user", None), _connector="OR"
                ),
                name="scheduled_removal_has_one_heir",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("ended_at", None), ("status", "pending")),
                    models.Q(
                        ("ended_at__isnull", False), models.Q(("status", "pending"), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="scheduled_removal_is_pending_until_it_ends",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("removal__isnull", False), ("status", "done")),
                    models.Q(models.Q(("status", "done"), _negated=True), ("removal", None)),
                    _connector="OR",
                ),
                name="scheduled_removal_is_done_by_a_removal",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "failed"), ("failure", ""), _connector="XOR"),
                name="scheduled_removal_failed_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimconnection",
            constraint=models.UniqueConstraint(
                condition=models.Q(("disabled_at", None)),
                fields=("organization",),
                name="one_enabled_scim_connection",
                violation_error_message="The organization has an enabled connection already.",
            ),
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
            index=models.Index(fields=["organization", "id", "created_at"], name="removal_by_id"),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)),
                fields=["actor", "organization", "id"],
                name="removal_by_actor",
            ),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(fields=["trace_id", "id"], name="removal_by_trace"),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(
                condition=models.Q(("transferred_to__isnull", False)),
                fields=["transferred_to"],
                name="removal_by_target_department",
            ),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(
                condition=models.Q(
                    ("resource_count__gt", 0),
                    ("transferred_to", None),
                    ("transferred_to_user", None),
                ),
                fields=["created_at"],
                name="removal_that_passed_nothing_on",
            ),
        ),
        migrations.AddIndex(
            model_name="removal",
            index=models.Index(fields=["organization", "membership"], name="removal_of_membership"),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["api", "admin", "command", "schedule", "scim"])),
                name="removal_source_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="removal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("transferred_to", None), ("transferred_to_user", None), _connector="OR"
                ),
                name="removal_has_one_heir",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                fields=["organization", "id", "created_at"], name="event_by_organization"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("user__isnull", False)),
                fields=["user", "organization"],
                name="event_by_user",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("actor__isnull", False)),
                fields=["actor", "organization", "id"],
                name="event_by_actor",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("trace_id", ""), _negated=True),
                fields=["trace_id", "id"],
                name="event_by_trace",
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["organization", "created_at"], name="event_by_date"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("type", "member.removed"), _negated=True),
                fields=["organization", "type", "id"],
                name="event_by_type",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["api", "admin", "command", "schedule", "scim"])),
                name="event_source_is_known",
            ),
        ),
        migrations.AddIndex(
            model_name="scimidentity",
            index=models.Index(
                condition=models.Q(("external_id", ""), _negated=True),
                fields=["organization", "external_id"],
                name="scim_identity_by_external_id",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimidentity",
            constraint=models.UniqueConstraint(
                fields=("organization", "user"), name="one_scim_identity"
            ),
        ),
        migrations.AddConstraint(
            model_name="scimidentity",
            constraint=models.UniqueConstraint(
                models.F("organization"),
                django.db.models.functions.text.Lower("user_name"),
                name="scim_user_name_in_organization",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(fields=["organization", "id"], name="webhook_endpoint_by_id"),
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("disabled_at", None)),
                fields=["organization"],
                name="webhook_endpoint_enabled",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookendpoint",
            index=models.Index(
                condition=models.Q(("disabled_reason__in", ["gone", "failing"])),
                fields=["id"],
                name="webhook_endpoint_given_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookendpoint",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("disabled_at", None), ("disabled_reason", "")),
                    models.Q(
                        ("disabled_at__isnull", False),
                        models.Q(("disabled_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="webhook_endpoint_is_disabled_for_a_reason",
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["endpoint", "id"], name="webhook_delivery_by_id"),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(
                fields=["endpoint", "status", "id"], name="webhook_delivery_by_status"
            ),
        ),
        migrations.AddIndex(
            model_name="webhookdelivery",
            index=models.Index(fields=["created_at"], name="webhook_delivery_by_date"),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.UniqueConstraint(
                fields=("endpoint", "event"), name="webhook_delivery_once_an_endpoint"
            ),
        ),
        migrations.AddConstraint(
            model_name="webhookdelivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("delivered_at__isnull", False), ("status", "delivered")),
                    models.Q(
                        models.Q(("status", "delivered"), _negated=True), ("delivered_at", None)
                    ),
                    _connector="OR",
                ),
                name="webhook_delivery_is_delivered_at_a_time",
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
                fields=("organization", "user", "membership", "membership_is_current"),
                name="department_of_current_member",
                to="organizations.Membership",
                to_fields=("organization", "user", "id", "is_current"),
                violation_error_message="Only a member of the organization can belong to a department.",
            ),
        ),
        migrations.AddConstraint(
            model_name="departmentmembership",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "department"),
                name="department_of_same_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such department.",
            ),
        ),
        migrations.AddConstraint(
            model_name="resource",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "department"),
                name="resource_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such department.",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "user", "membership", "membership_is_current"),
                name="role_of_current_member",
                to="organizations.Membership",
                to_fields=("organization", "user", "id", "is_current"),
                violation_error_message="Only a member of the organization can hold a role.",
            ),
        ),
        migrations.AddConstraint(
            model_name="roleassignment",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "role"),
                name="role_of_same_organization",
                to="organizations.Role",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such role.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scheduledremoval",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transferred_to"),
                name="scheduled_removal_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
            ),
        ),
        migrations.AddConstraint(
            model_name="scimconnection",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transfer_on_deactivate"),
                name="scim_deactivation_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such department.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scimconnection",
            constraint=organizations.constraints.ForeignKeyConstraint(
                fields=("organization", "transfer_on_removal"),
                name="scim_removal_department_in_organization",
                to="organizations.Department",
                to_fields=("organization", "id"),
                violation_error_message="The organization has no such department.",
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
        # The functions that triggers and removals call; see the files.
        migrations.RunSQL(STARTING_ROLES + RULES, reverse_sql=migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name="organization",
            trigger=pgtrigger.compiler.Trigger(
                name="starting_roles",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM organizations_give_starting_roles(NEW.id); RETURN NULL;",
                    hash="90ffc451fd339340c72564b653cf8651d1fd5f0c",
                    operation="INSERT",
                    pgid="pgtrigger_starting_roles_62bb1",
                    table="organizations_organization",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="memberaccount",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_remains_on_disabling",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NOT NEW."is_active" AND OLD."is_active")',
                    func="\n        PERFORM organizations_keep_an_owner(ARRAY(\n            SELECT role.organization_id\n            FROM organizations_membership AS membership\n            JOIN organizations_roleassignment AS assignment\n                ON assignment.membership_id = membership.id\n            JOIN organizations_role AS role ON role.id = assignment.role_id\n            WHERE membership.user_id = NEW.id AND role.is_owner\n        ));\n        RETURN NULL;\n    ",
                    hash="4948ecf70b2e4adb292678c505fb266d2fa1ff69",
                    operation='UPDATE OF "is_active"',
                    pgid="pgtrigger_owner_remains_on_disabling_51c82",
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
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="erased_is_not_added",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="PERFORM organizations_refuse_erased(NEW.user_id); RETURN NEW;",
                    hash="e4596b0f8eb31ccce3b4cdfa54c15affbeb30be6",
                    operation="INSERT",
                    pgid="pgtrigger_erased_is_not_added_35acc",
                    table="organizations_membership",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="membership",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_remains_on_deactivation",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (NEW."deactivated_at" IS NOT NULL AND OLD."deactivated_at" IS NULL)',
                    func="\n        PERFORM organizations_keep_an_owner(ARRAY(\n            SELECT role.organization_id\n            FROM organizations_roleassignment AS assignment\n            JOIN organizations_role AS role ON role.id = assignment.role_id\n            WHERE assignment.membership_id = NEW.id AND role.is_owner\n        ));\n        RETURN NULL;\n    ",
                    hash="d8961181c1779465d513657847a5f638949cb921",
                    operation='UPDATE OF "deactivated_at"',
                    pgid="pgtrigger_owner_remains_on_deactivation_59d25",
                    table="organizations_membership",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="departmentmembership",
            trigger=pgtrigger.compiler.Trigger(
                name="given_and_taken",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."department_id" IS DISTINCT FROM (NEW."department_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="562707e414448d7bb4958a48ef0842544c00c73e",
                    operation="UPDATE",
                    pgid="pgtrigger_given_and_taken_635f1",
                    table="organizations_departmentmembership",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resource",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_in_organization",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."organization_id" IS DISTINCT FROM (NEW."organization_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9932c830cc4e3d6d680c113284fd47b099fb731d",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_in_organization_a3c47",
                    table="organizations_resource",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="resource",
            trigger=pgtrigger.compiler.Trigger(
                name="new_resource_of_active_member",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_hold_resource_owners(\n            array_agg(organization_id), array_agg(owner_id)\n        )\n        FROM made WHERE owner_id IS NOT NULL;\n        RETURN NULL;\n    ",
                    hash="3b5468a34744fdd4ade818353faf2d300d1f1f52",
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
                    func="\n        PERFORM organizations_hold_resource_owners(\n            array_agg(changed.organization_id), array_agg(changed.owner_id)\n        )\n        FROM changed\n        WHERE changed.owner_id IS NOT NULL AND NOT EXISTS (\n            SELECT FROM previous\n            WHERE previous.id = changed.id AND previous.owner_id = changed.owner_id\n        );\n        RETURN NULL;\n    ",
                    hash="c92e1458360e086d64195ddaa532a0d1f3e129b7",
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
            model_name="restoration",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed_or_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;",
                    hash="a1784cd77b0e42a9fe69b97318c463897f491954",
                    operation="UPDATE OR DELETE",
                    pgid="pgtrigger_never_changed_or_deleted_6317c",
                    table="organizations_restoration",
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
            model_name="role",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_role_remains",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."is_owner")',
                    constraint="CONSTRAINT",
                    func="PERFORM organizations_keep_owner_role(OLD.organization_id); RETURN NULL;",
                    hash="8e5b66ed27568d2e5e284a77aedffada1a29e9c8",
                    operation="DELETE",
                    pgid="pgtrigger_owner_role_remains_9c5d0",
                    table="organizations_role",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="given_and_taken",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."role_id" IS DISTINCT FROM (NEW."role_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="d34c724c907bad9b034bf76c442650eacc07633c",
                    operation="UPDATE",
                    pgid="pgtrigger_given_and_taken_e2eb8",
                    table="organizations_roleassignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="new_owner_is_held",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        IF EXISTS (SELECT FROM organizations_role WHERE id = NEW.role_id AND is_owner) THEN\n            PERFORM organizations_hold_new_owner(NEW.membership_id);\n        END IF;\n        RETURN NEW;\n    ",
                    hash="a264fb2676e9c4dfb8a99e344e6d112532bc41ec",
                    operation="INSERT",
                    pgid="pgtrigger_new_owner_is_held_06015",
                    table="organizations_roleassignment",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="roleassignment",
            trigger=pgtrigger.compiler.Trigger(
                name="owner_remains_on_revocation",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        PERFORM organizations_keep_an_owner(ARRAY(\n            SELECT revoked.organization_id\n            FROM revoked LEFT JOIN organizations_role AS role ON role.id = revoked.role_id\n            WHERE role.is_owner IS NOT FALSE\n        ));\n        RETURN NULL;\n    ",
                    hash="0b43791386943303cd611422e037b7dfad7fe476",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_owner_remains_on_revocation_1cbb4",
                    referencing="REFERENCING OLD TABLE AS revoked ",
                    table="organizations_roleassignment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="of_the_memberships_organization",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="\n        NEW.organization_id = (\n            SELECT organization_id FROM organizations_membership WHERE id = NEW.membership_id\n        );\n        RETURN NEW;\n    ",
                    hash="8e2a9a60755948f3ad93b1584994e24d50a01f02",
                    operation="INSERT",
                    pgid="pgtrigger_of_the_memberships_organization_1312f",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="c06ecb0d2f19b8b53ea8c44c6f167dfd1543b502",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_a9c6a",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="reason_is_only_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.reason <> '')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update of \"reason\" rows from % table', TG_TABLE_NAME;",
                    hash="aa0e9e6a3ca09973dd24be60db4c38868d44bacf",
                    operation='UPDATE OF "reason"',
                    pgid="pgtrigger_reason_is_only_emptied_cc7ef",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="scheduledremoval",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id") OR OLD."remove_at" IS DISTINCT FROM (NEW."remove_at") OR OLD."requested_by_id" IS DISTINCT FROM (NEW."requested_by_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."requested_at" IS DISTINCT FROM (NEW."requested_at") OR OLD."transferred_to_id" IS DISTINCT FROM (NEW."transferred_to_id") OR OLD."transferred_to_user_id" IS DISTINCT FROM (NEW."transferred_to_user_id") OR OLD."trace_id" IS DISTINCT FROM (NEW."trace_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="3a5210933819f11c24a84bf393b383cd8d4e30ba",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_91062",
                    table="organizations_scheduledremoval",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removal",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="5897be2a9d0eb113f537f461225ca99f3664a52d",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_18bc0",
                    table="organizations_removal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removal",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id") OR OLD."actor_id" IS DISTINCT FROM (NEW."actor_id") OR OLD."connection_id" IS DISTINCT FROM (NEW."connection_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."transferred_to_id" IS DISTINCT FROM (NEW."transferred_to_id") OR OLD."transferred_to_user_id" IS DISTINCT FROM (NEW."transferred_to_user_id") OR OLD."roles" IS DISTINCT FROM (NEW."roles") OR OLD."departments" IS DISTINCT FROM (NEW."departments") OR OLD."resource_count" IS DISTINCT FROM (NEW."resource_count") OR OLD."trace_id" IS DISTINCT FROM (NEW."trace_id") OR OLD."requested_at" IS DISTINCT FROM (NEW."requested_at") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="0a990bd2ca1bfbb4363dd125319fb6670f22cde4",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_88418",
                    table="organizations_removal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="removal",
            trigger=pgtrigger.compiler.Trigger(
                name="reason_is_only_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.reason <> '')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="77e4864d0ad4791ca4a5b47de7e9cf9f3ee8ff6d",
                    operation="UPDATE",
                    pgid="pgtrigger_reason_is_only_emptied_96b00",
                    table="organizations_removal",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="announced",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    declare="DECLARE heard text[]; this_transaction text;",
                    func="\n        heard = ARRAY(\n            SELECT logged.id\n            FROM logged\n            WHERE logged.type <> 'webhook.test' AND logged.organization_id IN (\n                SELECT organization_id FROM organizations_webhookendpoint WHERE disabled_at IS NULL\n            )\n        );\n        IF heard = '{}' THEN\n            RETURN NULL;\n        END IF;\n        this_transaction = 'events of transaction ' || pg_current_xact_id();\n        UPDATE procrastinate_jobs\n            SET args = jsonb_build_object('event_ids', args -> 'event_ids' || to_jsonb(heard))\n            WHERE queueing_lock = this_transaction AND status = 'todo';\n        IF NOT FOUND THEN\n            PERFORM procrastinate_defer_jobs_v1(ARRAY[ROW(\n                'webhooks', 'organizations.events.tasks.fan_out', 0, NULL, this_transaction,\n                jsonb_build_object('event_ids', heard), NULL\n            )::procrastinate_job_to_defer_v1]);\n        END IF;\n        RETURN NULL;\n    ",
                    hash="1715a8562fb9e01ae413a8d0e8f4de0207a07261",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_announced_c042e",
                    referencing="REFERENCING NEW TABLE AS logged ",
                    table="organizations_event",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="never_deleted",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;",
                    hash="3eecc237cc4eab6a4b1ffe639095def4f8a92ff7",
                    operation="DELETE",
                    pgid="pgtrigger_never_deleted_6b12e",
                    table="organizations_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="never_changed",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."type" IS DISTINCT FROM (NEW."type") OR OLD."organization_id" IS DISTINCT FROM (NEW."organization_id") OR OLD."user_id" IS DISTINCT FROM (NEW."user_id") OR OLD."actor_id" IS DISTINCT FROM (NEW."actor_id") OR OLD."connection_id" IS DISTINCT FROM (NEW."connection_id") OR OLD."source" IS DISTINCT FROM (NEW."source") OR OLD."data" IS DISTINCT FROM (NEW."data") OR OLD."trace_id" IS DISTINCT FROM (NEW."trace_id") OR OLD."created_at" IS DISTINCT FROM (NEW."created_at"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="e45e8fe50c1d88b81bb74fc44d51329fe396b4c2",
                    operation="UPDATE",
                    pgid="pgtrigger_never_changed_19827",
                    table="organizations_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="reason_is_only_emptied",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition="WHEN (NEW.reason <> '')",
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="9a0fbe0ca735efbabd6448520c2b6a2afd78c819",
                    operation="UPDATE",
                    pgid="pgtrigger_reason_is_only_emptied_865fc",
                    table="organizations_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tokenbinding",
            trigger=pgtrigger.compiler.Trigger(
                name="stays_bound",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    condition='WHEN (OLD."token_id" IS DISTINCT FROM (NEW."token_id") OR OLD."membership_id" IS DISTINCT FROM (NEW."membership_id"))',
                    func="RAISE EXCEPTION 'pgtrigger: Cannot update rows from % table', TG_TABLE_NAME;",
                    hash="334b58cbc8d3eb091d6ae14978ff7719ed14aa7f",
                    operation="UPDATE",
                    pgid="pgtrigger_stays_bound_8ddc9",
                    table="organizations_tokenbinding",
                    when="BEFORE",
                ),
            ),
        ),
    ]
