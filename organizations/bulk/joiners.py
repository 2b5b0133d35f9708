"""Reads rows that name new members, and finds their accounts."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.core.exceptions import ValidationError

from config.api.errors import InvalidFieldsError
from config.characters import clean, escaped
from organizations.bulk.columns import OF_ADDRESSES, Columns
from organizations.bulk.csv_file import Cells, read_cells, visible_text
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import BadInputError
from organizations.bulk.stored_rows import StoredRows, copied
from organizations.schedule.dates import aware_moment_of
from users.email_address import canonical_address, validate_address
from users.models import User

_KNOWN = OF_ADDRESSES | {"fullname": "full_name", "name": "full_name"}
_KNOWN |= {"roles": "roles", "departments": "departments", "removeat": "remove_at"}
_LONGEST = {  # characters
    name: getattr(User._meta.get_field(name), "max_length", 0) for name in ("email", "full_name")
}


@dataclass(frozen=True, slots=True)
class JoinerRow(Row):
    """One row of the input and of the report.

    ``role_names`` and ``department_names`` are names or ids, separated by ``;``;
    ``new_departments`` are the names that no department of the organization has. ``remove_at`` is a
    time with its offset, or "".
    """

    full_name: str = ""
    role_names: str = ""
    department_names: str = ""
    remove_at: str = ""
    is_new_account: bool = False
    new_departments: tuple[str, ...] = ()

    @property
    def ends_at(self) -> datetime | None:
        """Return when the membership is to end."""
        return aware_moment_of(self.remove_at) if self.remove_at else None


class Joiners(StoredRows[JoinerRow]):
    """The rows of one call, each with the account that has its address."""

    row_class = JoinerRow

    def add_file(
        self, path: str, ignored_columns: Collection[str] = (), email_column: str | None = None
    ) -> None:
        """Add the rows of a file, ``-`` for standard input. Raises CannotStartError."""
        columns = Columns(_KNOWN, ("email",)).with_options(ignored_columns, email_column)
        with copied(path) as (text, self.file):
            rows = read_cells(text, columns)
            self.add((position, _row(position, cells)) for position, cells in rows)

    def key_of(self, row: JoinerRow) -> str:
        return row.email

    def resolved(self, rows: Sequence[JoinerRow]) -> Iterator[JoinerRow]:
        accounts = User.objects.filter(email__in={row.email for row in rows})
        ids: dict[str, str] = dict(accounts.values_list("email", "pk"))
        return (_with_account(row, ids.get(row.email)) for row in rows)


def names_in(text: str) -> list[str]:
    """Return the names or ids of a cell, each once."""
    return list(dict.fromkeys(filter(None, map(clean, text.split(";")))))


def _row(position: str, cells: Cells) -> JoinerRow:
    """Return the row of these cells. Raises BadInputError."""
    row = JoinerRow(
        email=canonical_address(visible_text(cells["email"])),
        full_name=visible_text(cells.get("full_name", "")),
        role_names=visible_text(cells.get("roles", "")),
        department_names=visible_text(cells.get("departments", "")),
        remove_at=visible_text(cells.get("remove_at", "")),
    )
    if not row.email:
        raise BadInputError(position, "no email")
    try:
        if row.remove_at:
            aware_moment_of(row.remove_at)
    except ValueError as error:
        problem = str(error).removesuffix(".")
        raise BadInputError(position, f"remove_at: {problem}") from error
    return row


def _with_account(row: JoinerRow, user_id: str | None) -> JoinerRow:
    """Return the row with its account, or with the reason why it can have none."""
    if user_id:
        return replace(row, user_id=user_id)
    for name, longest in _LONGEST.items():
        if len(getattr(row, name)) > longest:
            message = f"{name} is longer than {longest} characters"
            return replace(row, outcome=InvalidFieldsError.code, message=message)
    try:
        validate_address(row.email)
    except ValidationError:
        message = f"{escaped(row.email)} is no address that an account can have"
        return replace(row, outcome=Outcome.NOT_AN_ADDRESS, message=message)
    return replace(row, is_new_account=True)
