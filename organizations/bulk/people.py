"""Reads rows that name members, finds their accounts, and checks the rows for contradictions."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Literal, TextIO

from django.db.models import QuerySet

from config.characters import clean, escaped
from organizations.bulk.columns import OF_ADDRESSES, Columns, normalized
from organizations.bulk.csv_file import Cells, read_cells, visible_text
from organizations.bulk.report import COLUMNS as REPORT_COLUMNS
from organizations.bulk.report import OF_TYPE, Outcome, Row
from organizations.bulk.run import BadInputError
from organizations.bulk.stored_rows import ROWS_AT_ONCE, StoredRows, copied
from organizations.guards.transfer_targets import Goal, Targets, heir_of
from organizations.models import Removal
from users.email_address import canonical_address
from users.models import User

# The column that a file may have besides those that identify a person.
Detail = Literal["transfer_to", "removal_id"]
OUR_IDS = "usr_"  # what each of them begins with


class People(StoredRows[Row]):
    """The rows of one call, each with the account that it names.

    The work is done on the people who were confirmed, even if the input or an address changes.
    A row's own targets win over ``targets``, those of the call's options: the target of a type over
    the option for that type, and any of a type over any default.
    """

    row_class = Row

    def __init__(self) -> None:
        super().__init__()
        self.targets = Targets()
        self._types: set[str] = set()
        # The heirs, each with the position of the first row that names them.
        self._database.execute("CREATE TABLE heir (user_id TEXT PRIMARY KEY, position TEXT)")

    @property
    def types(self) -> list[str]:
        """Return the types of resources that have a target of their own in any row."""
        return sorted(self._types)

    def add_users(self, ids_or_emails: Iterable[str]) -> None:
        """Add people who are named one by one. Raises BadInputError."""
        names = map(clean, ids_or_emails)
        self.add(
            (f"--user {escaped(name)}", Row(email=name) if "@" in name else Row(user_id=name))
            for name in names
        )

    def add_file(
        self,
        path: str,
        detail: Detail,
        ignored_columns: Collection[str] = (),
        email_column: str | None = None,
    ) -> None:
        """Add the rows of a file, ``-`` for standard input. Raises CannotStartError.

        ``detail`` is the column that it may have besides those that identify a person.
        """
        with copied(path) as (text, self.file):
            self.add(read_rows(text, detail, ignored_columns, email_column))

    def add_removals(self, removals: QuerySet[Removal]) -> None:
        """Add the people whom these removals removed, each with the id of their latest one.

        The latest comes first: of removals in turn that moved the same resource, each is undone
        before the one below it, in whichever batches they are.
        """
        latest = removals.order_by("membership__user", "-pk").distinct("membership__user")
        rows = (
            Removal.objects.filter(pk__in=latest.values("pk"))
            .order_by("-pk")
            .values_list("membership__user", "membership__user__email", "pk")
        )
        self.add(
            (removal_id, Row(user_id, email, removal_id=removal_id))
            for user_id, email, removal_id in rows.iterator(ROWS_AT_ONCE)
        )

    def heirs(self) -> Iterator[list[tuple[str, str]]]:
        """Yield the heirs in batches, each with the position of a row that names them."""
        rows = self._database.execute("SELECT user_id, position FROM heir ORDER BY user_id")
        while batch := rows.fetchmany(ROWS_AT_ONCE):
            yield batch

    def leaving_heir(self) -> tuple[str, str, str] | None:
        """Return the first leaver who is also an heir, with both positions, or None."""
        found: tuple[str, str, str] | None = self._database.execute(
            "SELECT json_extract(row, '$.email'), heir.position, stored.position"
            " FROM stored JOIN heir ON heir.user_id = json_extract(row, '$.user_id')"
            " WHERE json_extract(row, '$.outcome') IS NULL ORDER BY stored.rowid LIMIT 1"
        ).fetchone()
        return found

    def key_of(self, row: Row) -> str:
        return f"{row.user_id},{row.email}"

    def resolved(self, rows: Sequence[Row]) -> Iterator[Row]:
        return _with_accounts(rows, self.targets)

    def check_agreement(self, positions: str, earlier: Row, row: Row) -> None:
        name = escaped(row.email or row.user_id)
        for type_name in (None, *sorted({*earlier.transfer_by_type, *row.transfer_by_type})):
            one, other = (each.targets.target_of(type_name) for each in (earlier, row))
            if one != other:
                what = f"resources of the type {type_name}" if type_name else "resources"
                one, other = (escaped(target or "") or "nobody" for target in (one, other))
                raise BadInputError(
                    positions, f"both name {name}, with {what} that pass to {one} and to {other}"
                )
        if earlier.removal_id != row.removal_id:
            one, other = (escaped(each.removal_id) or "the latest" for each in (earlier, row))
            raise BadInputError(positions, f"both name {name}, with the removals {one} and {other}")

    def add_one(self, position: str, row: Row) -> None:
        super().add_one(position, row)
        self._types.update(row.transfer_by_type)
        self._database.executemany(
            "INSERT OR IGNORE INTO heir VALUES (?, ?)",
            [
                (goal.target, self._position_of(goal, position))
                for goal in row.targets.goals
                if goal.target and (heir_of(goal.target) or "@" in goal.target)
            ],
        )

    def _position_of(self, goal: Goal, position: str) -> str:
        """Return where a goal is named: by an option, or in the row of this position."""
        if goal not in self.targets.goals:
            return position
        return f"--transfer-type {goal.type}" if goal.type else "--transfer-to"


def _with_accounts(rows: Sequence[Row], targets: Targets) -> Iterator[Row]:
    """Yield each row with the id and address of its account, and with its targets.

    A target's address is replaced by the account's id; ``targets`` are for what a row names none
    for. A row with both id and address must match both. A row without an account gets an outcome
    that says so.
    """
    written = {
        text
        for row in rows
        for text in (row.email, row.transfer_to, *row.transfer_by_type.values())
        if text
    }
    emails = {text: canonical_address(text) for text in written}
    accounts = User.objects.named(*(row.user_id for row in rows)) | User.objects.filter(
        email__in=set(emails.values())
    )
    email_of: dict[str, str] = dict(accounts.values_list("pk", "email"))
    id_of = {email: user_id for user_id, email in email_of.items()}

    of_options = {name: target for name, target in targets.by_type.items() if target}

    def with_id(target: str) -> str:
        return id_of.get(emails.get(target, ""), target)

    for row in rows:
        target = with_id(row.transfer_to) or targets.default or ""
        by_type = {name: with_id(named) for name, named in row.transfer_by_type.items()}
        email = emails.get(row.email, "")
        user_id = row.user_id or id_of.get(email, "")
        on_file = email_of.get(user_id)
        outcome, message = "", ""
        if on_file is None and user_id:
            outcome, message = Outcome.UNKNOWN_ID, "no account has this id"
        elif on_file is None:
            outcome, message = Outcome.NO_ACCOUNT, "no account has this address"
        elif email in {"", on_file}:
            email = on_file
        else:
            outcome = Outcome.ID_AND_EMAIL_DIFFER
            message = f"its address on file is {on_file}, not {escaped(email)}"
        yield Row(
            user_id,
            email,
            target,
            outcome,
            message,
            removal_id=row.removal_id,
            transfer_by_type={**of_options, **by_type},
        )


class _PeopleColumns(Columns):
    """The columns of a file of members, who are named by id or address."""

    def lacking(self, columns: Collection[str]) -> str:
        if not columns:
            return "it needs a header with user_id or email"
        named = {"user_id", "email"}.intersection(columns)
        return "" if named else "the header names neither user_id nor email"


def read_rows(
    text: TextIO,
    detail: Detail,
    ignored_columns: Collection[str] = (),
    email_column: str | None = None,
) -> Iterator[tuple[str, Row]]:
    """Yield the line and the row of each CSV row that is not empty. Raises BadInputError.

    The header has ``user_id`` or ``email`` or both, and may have ``detail``; beside ``transfer_to``
    it may have ``transfer_to:TYPE`` for types of resources. Any other column must be one of a
    report or of ``ignored_columns``, and is ignored. So is ``user_id`` beside ``email`` if its
    values are another system's.
    """
    known = {"userid": "user_id", **OF_ADDRESSES, normalized(detail): detail}
    columns = _PeopleColumns(known, passed_over=REPORT_COLUMNS)
    columns = columns.with_options(ignored_columns, email_column)
    first = ""  # the first value of user_id, which says whether all of them are ours
    for line, cells in read_cells(text, columns):
        user_id = visible_text(cells.get("user_id"))
        if user_id and "email" in cells:
            first = first or user_id
            if _is_ours(user_id) != _is_ours(first):
                ours, other = sorted([user_id, first], key=_is_ours, reverse=True)
                raise BadInputError(
                    line,
                    f"the column user_id has {escaped(ours)}, and {escaped(other)}, which is no id"
                    " of this application",
                )
            if not _is_ours(user_id):
                cells = {name: cell for name, cell in cells.items() if name != "user_id"}
        yield line, _row(line, cells, detail)


def _is_ours(user_id: str) -> bool:
    """Tell whether a value is meant as an id of this application."""
    return user_id.startswith(OUR_IDS)


def _row(position: str, cells: Cells, detail: Detail) -> Row:
    """Return the row of these cells. Raises BadInputError."""
    texts = {name: visible_text(cell) for name, cell in cells.items()}
    user_id, email, more = (texts.get(name, "") for name in ("user_id", "email", detail))
    if not user_id and not email:
        raise BadInputError(position, "neither a user_id nor an email")
    if detail == "removal_id":
        return Row(user_id, email, removal_id=more)
    by_type = {
        name.removeprefix(OF_TYPE): target
        for name, target in texts.items()
        if name.startswith(OF_TYPE) and target
    }
    return Row(user_id, email, more, transfer_by_type=by_type)
