"""Warns, as a system check, of directories that can add nobody."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections

from organizations.models import Domain, ScimConnection


def check_directories_have_domains(
    *, databases: Sequence[str] | None, **_: Any
) -> list[CheckMessage]:
    """Return a warning for each enabled directory of an organization without a mail domain."""
    warnings: list[CheckMessage] = []
    for alias in databases or ():
        if Domain._meta.db_table not in connections[alias].introspection.table_names():
            continue  # the migration that makes it is still to come
        directories = ScimConnection.objects.using(alias).enabled()
        without = directories.filter(organization__domains=None).select_related("organization")
        warnings.extend(map(_warning, without))
    return warnings


def check_deployed_directories(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Return the same where no database is named to be checked, if the default one answers."""
    if databases:
        return []  # asked by name
    try:
        return check_directories_have_domains(databases=[DEFAULT_DB_ALIAS])
    except OperationalError:
        return []


def _warning(directory: ScimConnection) -> checks.Warning:
    """Return the warning for a directory of an organization without a mail domain."""
    organization = directory.organization
    return checks.Warning(
        f"The directory {directory} of {organization} ({organization.pk}) can add nobody: the"
        " organization has no mail domain.",
        hint=f"Set one in the admin, or by manage.py set_domains {organization.pk} DOMAIN.",
        id="organizations.W001",
    )
