"""Reads the header of a CSV file: which column is which, by the names that exports give them."""

import csv
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

from config.characters import clean, escaped
from organizations.bulk.report import OF_TYPE
from organizations.bulk.run import BadInputError
from organizations.guards.transfer_targets import is_type

# Names of the column with the e-mail address, normalized: "E-Mail" is "email".
ADDRESSES = (
    *("email", "emailaddress", "mail", "emailadresse"),
    "emailaddressrequired",  # Google Workspace: Email Address [Required]
    "workemail",  # BambooHR
    *("emailprimarywork", "primaryworkemail"),  # Workday: Email - Primary Work
    "primaryemail",  # Okta
)
OF_ADDRESSES = dict.fromkeys(ADDRESSES, "email")
NAMED = 20  # how many names of a header a refusal repeats


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a kind of file can have.

    ``known`` are the columns by normalized name, and ``needed`` those that a header must have.
    Columns of ``passed_over`` are ignored unless they are known, and those of ``ignored`` always.
    ``email_column`` is the only one with addresses, if it is not "".
    """

    known: Mapping[str, str]
    needed: Collection[str] = ()
    passed_over: Collection[str] = ()
    ignored: Collection[str] = ()
    email_column: str = ""

    def with_options(self, ignored: Collection[str], email_column: str | None = None) -> Self:
        """Return the columns, with those that the options of a call name."""
        chosen = replace(self, ignored=ignored, email_column=clean(email_column or ""))
        if not chosen.email_column:
            return chosen
        others = {name: column for name, column in self.known.items() if column != "email"}
        return replace(
            chosen,
            known={**others, normalized(chosen.email_column): "email"},
            passed_over=(*self.passed_over, *ADDRESSES),
        )

    def lacking(self, columns: Collection[str]) -> str:
        """Return what a header with these columns lacks, or ""."""
        missing = [name for name in self.needed if name not in columns]
        return f"the header needs {', '.join(missing)}" if missing else ""

    def separator_of(self, header: str) -> str:
        """Return the separator that gives the header the most known names, then the most columns.

        The second rule finds the semicolon in ``email;``, whose last column is empty.
        """

        def names_known_and_all(separator: str) -> tuple[int, int]:
            [names] = csv.reader([header], delimiter=separator, skipinitialspace=True)
            return sum(normalized(name) in self.known for name in names), len(names)

        return max(",;\t", key=names_known_and_all)

    def read(self, position: str, header: Sequence[str]) -> list[str]:
        """Return each column's name by ``known``, or its number if it is ignored.

        Empty names at the end of the header do not count. Raises BadInputError.
        """
        names = [clean(name) for name in header]
        while names and not names[-1]:
            del names[-1]
        ignored = set(map(normalized, self.ignored))
        passed_over = set(map(normalized, self.passed_over))
        written: dict[str, str] = {}  # how the header writes each column
        unknown: list[str] = []
        for number, name in enumerate(names, start=1):
            column, type_name = self.known.get(normalized(name), ""), _type_in(name)
            if normalized(name) in ignored:
                column = ""
            elif type_name and self._has_targets:
                if not is_type(type_name):
                    raise BadInputError(
                        position, f"{escaped(type_name)} is not the name of a type of resources"
                    )
                column = f"{OF_TYPE}{type_name}"
            elif not column and not type_name and normalized(name) not in passed_over:
                unknown.append(name)
            if column and column in written:
                raise BadInputError(position, self._twice(column, written[column], name))
            written[column or str(number)] = name
        if problem := self._problem(written, unknown):
            raise BadInputError(position, problem)
        return list(written)

    @property
    def _has_targets(self) -> bool:
        """Return whether a file can name targets of resources, also by type."""
        return "transfer_to" in self.known.values()

    def _twice(self, column: str, one: str, other: str) -> str:
        """Return what is wrong with a header in which two columns are read as the same."""
        problem = f"{_quoted([one])} and {_quoted([other])} are both read as {column}"
        if column == "email" and normalized(one) != normalized(other):
            problem += f"; to read one alone: --email-column {shlex.quote(other)}"
        return problem

    def _problem(self, written: Mapping[str, str], unknown: Sequence[str]) -> str:
        """Return what is wrong with a header, with what would be read of it, or ""."""
        *others, last = dict.fromkeys(self.known.values())
        expected = f"the columns are {', '.join(others)} and {last}"
        lacking = self.lacking(written)
        if self.email_column and "email" not in written:
            lacking = f"the header has no column {_quoted([self.email_column])}"
        if lacking:
            problem = f"{lacking}; {expected}. It has {_quoted(written.values())}"
            named = "email" in self.known.values() and not self.email_column
            return problem + (". To read addresses from one: --email-column NAME" if named else "")
        if not unknown:
            return ""
        known = {*self.known.values()}
        read = ", ".join(
            f"{column} from {_quoted([name])}"
            for column, name in written.items()
            if column in known or column.startswith(OF_TYPE)
        )
        options = " ".join(f"--ignore-column {shlex.quote(name)}" for name in unknown)
        return (
            f"unknown column {_quoted(unknown)}; {expected}. It would read {read}."
            f" To pass {'them' if unknown[1:] else 'it'} over: {options}"
        )


def _type_in(name: str) -> str:
    """Return the type in the name of a column like ``transfer_to:TYPE``, or ""."""
    column, _, type_name = name.partition(":")
    return type_name.strip().lower() if normalized(column) == normalized(OF_TYPE) else ""


def normalized(name: str) -> str:
    """Return the letters and digits of a column's name in lower case."""
    return "".join(character for character in clean(name).casefold() if character.isalnum())


def _quoted(names: Iterable[str]) -> str:
    """Return the names as a refusal repeats them."""
    all_names = [f"'{escaped(name)}'" for name in names]
    more = len(all_names) - NAMED
    return ", ".join([*all_names[:NAMED], *([f"{more} more"] if more > 0 else [])])
