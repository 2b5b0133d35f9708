import sys

import django.db.models.deletion
from django.apps.registry import Apps
from django.core.exceptions import ValidationError
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import organizations.domains.names
from organizations.domains.names import validate_domain

# Each domain of the accounts that directories of an organization made, where one is enabled; a row
# without a domain where they made none.
DOMAINS_OF_DIRECTORIES = """
    SELECT DISTINCT organization.id, organization.name, substring(account.email FROM '[^@]*$')
    FROM organizations_scimconnection AS directory
    JOIN organizations_organization AS organization ON organization.id = directory.organization_id
    LEFT JOIN organizations_scimidentity AS identity
        ON identity.organization_id = organization.id AND identity.account_made_by_id IS NOT NULL
    LEFT JOIN users_user AS account ON account.id = identity.user_id
    WHERE directory.disabled_at IS NULL
    ORDER BY 1, 3
"""


def fill_domains(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Allow each directory the domains of the accounts that it made; print them, to be looked at.

    Of the organizations that have a domain the first has it as its own, and the others share it.
    """
    domains = apps.get_model("organizations", "Domain")._default_manager
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(DOMAINS_OF_DIRECTORIES)
        found = cursor.fetchall()
    first_holders: dict[str, str] = {}
    allowed: dict[str, list[str]] = {}
    left_out: dict[str, list[str]] = {}
    for organization_id, organization, name in found:
        described = f"{organization} ({organization_id})"
        line = allowed.setdefault(described, [])
        if name is None:
            continue
        try:
            validate_domain(name)
        except ValidationError as refusal:
            left_out.setdefault(described, []).extend(refusal.messages)
            continue
        holder = first_holders.setdefault(name, described)
        is_shared = holder != described
        domains.create(organization_id=organization_id, name=name, is_shared=is_shared)
        line.append(f"{name} (shared with {holder})" if is_shared else name)
    if allowed:
        sys.stdout.write("\n    Mail domains, from the accounts that directories made:\n")
    for described, line in allowed.items():
        sys.stdout.write(f"      {described}: {', '.join(line) or 'none'}\n")
        for words in left_out.get(described, []):
            sys.stdout.write(f"        Left out: {words}\n")


class Migration(migrations.Migration):
    dependencies = [
        ("organizations", "0003_token_reach"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="organization",
            options={
                "permissions": (("change_domains", "Can change the mail domains of organizations"),)
            },
        ),
        migrations.CreateModel(
            name="Domain",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        db_collation="C",
                        max_length=253,
                        validators=[organizations.domains.names.validate_domain],
                    ),
                ),
                (
                    "is_shared",
                    models.BooleanField(
                        default=False,
                        help_text="Another organization had it already, and whoever set it knew.",
                    ),
                ),
                (
                    "organization",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="domains",
                        to="organizations.organization",
                    ),
                ),
            ],
            options={
                "ordering": ("name",),
                "default_permissions": (),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organization", "name"),
                        name="domain_of_organization",
                        violation_error_message="The organization has this domain already.",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_shared", False)),
                        fields=("name",),
                        name="domain_of_one_organization",
                        violation_error_message="Another organization has this domain already.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "name__regex",
                                "^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$",
                            )
                        ),
                        name="domain_is_canonical",
                    ),
                ],
            },
        ),
        migrations.RunPython(fill_domains, migrations.RunPython.noop),
    ]
