"""Runs the commands in this process, and reads what they print."""

import csv
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from django.core.management import call_command

from organizations.bulk.report import PLANNED
from organizations.models import Organization

UNASKED = ("--no-input", "--report", "-")


@dataclass(frozen=True)
class Run:
    """A run of the command that is over."""

    status: int
    output: str
    errors: str

    @property
    def rows(self) -> list[dict[str, str]]:
        """The rows of the report, where standard output is one."""
        return list(csv.DictReader(StringIO(self.output)))

    def planned(self, made: str) -> list[dict[str, str]]:
        """Return the rows as a dry run reports them: nothing is done, or has an id yet."""
        return [
            row | {"outcome": PLANNED.get(row["outcome"], row["outcome"]), made: ""}
            for row in self.rows
        ]

    @property
    def id(self) -> str:
        """The id of the run, as it was printed."""
        return printed_id(self.output)

    @property
    def outcomes(self) -> list[str]:
        """What became of each row."""
        return [row["outcome"] for row in self.rows]


def run(
    organization: Organization | str, *arguments: object, command: str = "remove_members"
) -> Run:
    """Run the command to its end."""
    output, errors = StringIO(), StringIO()
    organization_id = organization if isinstance(organization, str) else organization.pk
    status = 0
    try:
        call_command(command, organization_id, *map(str, arguments), stdout=output, stderr=errors)
    except SystemExit as end:
        status = int(end.code or 0)
    return Run(status, output.getvalue(), errors.getvalue())


def printed_id(output: str) -> str:
    """Return the id of a run that its output begins with."""
    first, _, _ = output.partition("\n")
    assert first.startswith("Run: ")
    return first.removeprefix("Run: ")


def restore(organization: Organization, *arguments: object) -> Run:
    """Run restore_members to its end."""
    return run(organization, *arguments, command="restore_members")


def users(*ids_or_emails: str) -> list[str]:
    """Return the options that name these people."""
    return [argument for name in ids_or_emails for argument in ("--user", name)]


def csv_file(folder: Path, header: str, *rows: str) -> Path:
    """Write a CSV file; return its path."""
    file = folder / "leavers.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file
