"""The command as an operator's script calls it, and what it says."""

import csv
from collections.abc import Iterable
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command

from organizations.models import Organization

Row = dict[str, str]


def remove(organization: Organization, *arguments: object, **options: Any) -> tuple[int, str]:
    """Run the command; return its exit status and its standard output."""
    out = StringIO()
    try:
        call_command("remove_members", organization.pk, *map(str, arguments), stdout=out, **options)
    except SystemExit as end:
        return int(end.code or 0), out.getvalue()
    return 0, out.getvalue()


def write(path: Path, rows: Iterable[str], header: str = "user_id") -> Path:
    """Write a CSV file; return its path."""
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def rows_of(report: str) -> list[Row]:
    """Return the rows of a report."""
    return list(csv.DictReader(StringIO(report)))
