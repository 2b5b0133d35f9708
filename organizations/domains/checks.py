"""A system check that warns of directories that can add nobody."""

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS, OperationalError, connections
from django.db.models import Model

from organizations.models import Connection, Domain


def check_directories_have_domains(
    *, databases: Sequence[str] | None, **_: Any
) -> list[CheckMessage]:
    """Return a warning for each enabled directory of an organization without a mail domain."""
    warnings: list[CheckMessage] = []
    for alias in databases or ():
        if not all(_is_migrated(model, alias) for model in (Domain, Connection)):
            continue  # not migrated yet
        directories = Connection.objects.using(alias).directories().enabled()
        without = directories.filter(organization__domains=None).select_related("organization")
        warnings.extend(map(_warning, without))
    return warnings


def check_deployed_directories(*, databases: Sequence[str] | None, **_: Any) -> list[CheckMessage]:
    """Return the same for ``check --deploy`` without ``--database``, if the database answers."""
    if databases:
        return []  # the check above covers it
    try:
        return check_directories_have_domains(databases=[DEFAULT_DB_ALIAS])
    except OperationalError:
        return []


def _is_migrated(model: type[Model], alias: str) -> bool:
    """Return whether a database has the model's table with all its columns."""
    introspection, table = connections[alias].introspection, model._meta.db_table
    if table not in introspection.table_names():
        return False
    with connections[alias].cursor() as cursor:
        columns = {column.name for column in introspection.get_table_description(cursor, table)}
    return columns.issuperset(field.column for field in model._meta.concrete_fields)


def _warning(directory: Connection) -> checks.Warning:
    organization = directory.organization
    return checks.Warning(
        f"The directory {directory} of {organization} ({organization.pk}) can add nobody: the"
        " organization has no mail domain.",
        hint=f"Set one in the admin, or by manage.py set_domains {organization.pk} DOMAIN.",
        id="organizations.W001",
    )
