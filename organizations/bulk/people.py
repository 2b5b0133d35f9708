"""Finds the accounts that the rows name, and checks the whole input for contradictions."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from django.db.models import QuerySet

from config.characters import clean, escaped
from organizations.bulk.csv_file import Detail, read_rows
from organizations.bulk.report import Outcome, Row
from organizations.bulk.run import BadInputError
from organizations.bulk.stored_rows import ROWS_AT_ONCE, StoredRows, copied
from organizations.guards.targets import Goal, Targets, heir_of
from organizations.models import Removal
from users.email_address import canonical_address
from users.models import User


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
        # Whom anything passes to, and the position of the first row that names them.
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
        email_column: str = "",
    ) -> None:
        """Add the rows of a file, ``-`` for standard input. Raises CannotStartError.

        ``detail`` is the column that it may have besides those that identify a person.
        """
        with copied(path) as (text, self.file):
            self.add(read_rows(text, detail, ignored_columns, email_column))

    def add_removals(self, removals: QuerySet[Removal]) -> None:
        """Add the people whom these removals removed, each with the id of their latest one."""
        latest = removals.order_by("membership__user", "-pk").distinct("membership__user")
        rows = (
            Removal.objects.filter(pk__in=latest.values("pk"))
            .order_by("pk")
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

    def found(self, rows: Sequence[Row]) -> Iterator[Row]:
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

    A target given as an account's address is replaced by the account's id, and ``targets`` are for
    what the row names none for. A row with both id and address must match both. A row without an
    account gets an outcome that says so.
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
