"""Reading who is meant from CSV, as spreadsheets and HR systems write it."""

import csv
import re
import shlex
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from itertools import chain, count
from typing import BinaryIO, Literal, TextIO
from zipfile import BadZipFile, ZipFile

from config.characters import clean, escaped
from organizations.bulk.exceptions import BadInputError
from organizations.bulk.report import COLUMNS as REPORT_COLUMNS
from organizations.bulk.report import Row

# What a file can say of each person besides who it is.
Detail = Literal["transfer_to", "removal_id"]
# By the letters of their names, so that "E-Mail" and "User ID" are known.
_PEOPLE = {
    "userid": "user_id",
    "email": "email",
    "emailaddress": "email",
    "mail": "email",
}
LONGEST_LINE = 64 * 1024  # characters
# DictReader has None for a field that is missing, and a list of those beyond the header.
_Cell = str | list[str] | None
# What spreadsheets put before a formula's first character, as the report does.
_FORMULA_GUARD = re.compile(r"^'(?=[=+\-@])")
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[^\r\n])"?\s*', re.IGNORECASE)


def as_text(file: BinaryIO) -> TextIO:
    """Return the file as text: UTF-16 with its byte order mark, else UTF-8.

    What is neither shows as U+FFFD, so that its line can be named. Raises BadInputError.
    """
    file.seek(0)
    start = file.read(4)
    if spreadsheet := _spreadsheet(start, file):
        raise BadInputError("line 1", f"the file is {spreadsheet}; save it as CSV")
    file.seek(0)
    is_utf_16 = start.startswith((b"\xff\xfe", b"\xfe\xff"))
    encoding = "utf-16" if is_utf_16 else "utf-8-sig"
    return TextIOWrapper(file, encoding, errors="replace", newline="")


def read_rows(
    text: TextIO, detail: Detail, ignored_columns: Collection[str] = ()
) -> Iterator[tuple[str, Row]]:
    """Return the rows of a CSV file that are not empty, each with its line. Raises BadInputError.

    The header names ``user_id`` or ``email`` or both, perhaps the ``detail``, and besides them only
    columns of a report, which are passed over, and ``ignored_columns``.
    """
    known = {**_PEOPLE, _letters(detail): detail}
    lines = _lines(text)
    skipped, separator = 0, ""
    for header in lines:
        if match := _SEPARATOR_LINE.fullmatch(header):
            separator = match["separator"]
        elif clean(header).strip(',;\t" '):
            break
        skipped += 1
    else:
        raise BadInputError("line 1", "the file is empty; it needs a header with user_id or email")
    reader = csv.DictReader(
        chain([header], lines),
        delimiter=separator or _separator_of(header, known),
        skipinitialspace=True,
        strict=True,
    )
    begin = skipped + 1  # the line after the last row, where one begins that is not CSV
    try:
        columns = _columns(f"line {begin}", reader.fieldnames or (), known, ignored_columns)
        reader.fieldnames = columns
        begin = skipped + reader.line_num + 1
        for fields in reader:
            if any(map(_words, fields.values())):
                line = f"line {skipped + reader.line_num}"
                yield line, _row(line, fields, detail)
            begin = skipped + reader.line_num + 1
    except csv.Error as error:
        raise BadInputError(f"line {begin}", f"not CSV: {error}") from error


def _lines(text: TextIO) -> Iterator[str]:
    """Return the lines, whatever they end with. Raises BadInputError."""
    for number in count(1):
        line = text.readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise BadInputError(f"line {number}", f"longer than {LONGEST_LINE:,} characters")
        if "\0" in line:
            raise BadInputError(f"line {number}", "a NUL byte; save the file as UTF-8")
        if "\ufffd" in line:
            raise BadInputError(f"line {number}", "not UTF-8; save the file as UTF-8")
        if not line:
            return
        yield line


def _spreadsheet(start: bytes, file: BinaryIO) -> str:
    """Return which kind of spreadsheet a file is that is no text; empty where it may be text."""
    if start == b"\xd0\xcf\x11\xe0":
        return "an Excel workbook (.xls)"
    if start != b"PK\x03\x04":
        return ""
    with suppress(BadZipFile), ZipFile(file) as archive:
        names = archive.namelist()
        if any(name.startswith("xl/") for name in names):
            return "an Excel workbook (.xlsx)"
        if "content.xml" in names:
            return "an OpenDocument spreadsheet (.ods)"
    return "a ZIP archive"


def _separator_of(header: str, known: Container[str]) -> str:
    """Return the separator by which the header has the most names that are known.

    Of two the one that stands there, as in ``email;``, after whose only name is an empty column.
    """

    def names_known_and_all(separator: str) -> tuple[int, int]:
        [names] = csv.reader([header], delimiter=separator, skipinitialspace=True)
        return sum(_letters(name) in known for name in names), len(names)

    return max(",;\t", key=names_known_and_all)


def _letters(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return "".join(character for character in clean(name).casefold() if character.isalnum())


def _columns(
    position: str,
    header: Sequence[str],
    known: Mapping[str, str],
    ignored_columns: Collection[str],
) -> list[str]:
    """Return the columns by the names that `Row` has, those passed over by their numbers.

    Empty names at the end are no columns. Raises BadInputError.
    """
    names = [clean(name) for name in header]
    while names and not names[-1]:
        del names[-1]
    ignored = {_letters(name) for name in ignored_columns}
    passed_over = ignored.union(map(_letters, REPORT_COLUMNS))
    columns: list[str] = []
    unknown: list[str] = []
    for number, name in enumerate(names, start=1):
        letters = _letters(name)
        column = str(number)
        if letters in known and letters not in ignored:
            column = known[letters]
            if column in columns:
                raise BadInputError(position, f"the column {column!r} stands twice")
        elif letters not in passed_over:
            unknown.append(name)
        columns.append(column)
    *others, last = dict.fromkeys(known.values())
    expected = f"the columns are {', '.join(others)} and {last}"
    if not {"user_id", "email"}.intersection(columns):
        raise BadInputError(position, f"the header names neither user_id nor email; {expected}")
    if unknown:
        named = ", ".join(f"'{escaped(name)}'" for name in unknown)
        options = " ".join(f"--ignore-column {shlex.quote(name)}" for name in unknown)
        raise BadInputError(
            position, f"unknown column {named}; {expected}. To pass it over: {options}"
        )
    return columns


def _row(position: str, fields: Mapping[str | None, _Cell], detail: Detail) -> Row:
    """Return whom the fields name. Raises BadInputError."""
    if None in fields.values():
        raise BadInputError(position, "fewer fields than the header has")
    if _words(fields.get(None)):
        raise BadInputError(position, "more fields than the header has")
    user_id, email, more = map(_words, map(fields.get, ("user_id", "email", detail)))
    if not user_id and not email:
        raise BadInputError(position, "neither a user_id nor an email")
    if detail == "removal_id":
        return Row(user_id, email, removal_id=more)
    return Row(user_id, email, more)


def _words(cell: _Cell) -> str:
    """Return what can be seen of a cell, or of all the cells beyond the header."""
    if isinstance(cell, list):
        return "".join(map(_words, cell))
    return _FORMULA_GUARD.sub("", clean(cell)) if cell else ""
