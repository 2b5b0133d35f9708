"""Reads rows from CSV files as spreadsheets and HR systems write them."""

import csv
import re
import shlex
from collections.abc import Callable, Collection, Container, Iterator, Mapping, Sequence
from contextlib import suppress
from io import TextIOWrapper
from itertools import chain, count
from typing import BinaryIO, Literal, TextIO
from zipfile import BadZipFile, ZipFile

from config.characters import clean, escaped
from organizations.bulk.report import COLUMNS as REPORT_COLUMNS
from organizations.bulk.report import OF_TYPE, Row
from organizations.bulk.run import BadInputError
from organizations.guards.targets import is_type

# The column that a file may have besides those that identify a person.
Detail = Literal["transfer_to", "removal_id"]
# Columns that identify a person, by normalized name, so that "E-Mail" and "User ID" are known.
PEOPLE = {
    "userid": "user_id",
    "email": "email",
    "emailaddress": "email",
    "mail": "email",
}
LONGEST_LINE = 64 * 1024  # characters
# DictReader returns None for a missing field, and a list of the fields beyond the header.
_Cell = str | list[str] | None
Cells = Mapping[str, str]  # as they stand in the file, by column
# The apostrophe that spreadsheets, and our reports, put before a formula's first character.
_FORMULA_GUARD = re.compile(r"^'(?=[=+\-@])")
_SEPARATOR_LINE = re.compile(r'"?sep=(?P<separator>[^\r\n])"?\s*', re.IGNORECASE)


def as_text(file: BinaryIO) -> TextIO:
    """Return the file as text, read as UTF-16 if it has that byte order mark, else as UTF-8.

    Bytes that are neither become U+FFFD, so that the error can name their line. Raises
    BadInputError for a spreadsheet.
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
    """Yield the line and the row of each CSV row that is not empty. Raises BadInputError.

    The header has ``user_id`` or ``email`` or both, and may have ``detail``; beside ``transfer_to``
    it may have ``transfer_to:TYPE`` for types of resources. Any other column must be one of a
    report or of ``ignored_columns``, and is ignored.
    """
    known = {**PEOPLE, _normalized(detail): detail}
    for line, cells in read_cells(text, known, _needs_a_person, REPORT_COLUMNS, ignored_columns):
        yield line, _row(line, cells, detail)


def read_cells(
    text: TextIO,
    known: Mapping[str, str],
    needs: Callable[[Collection[str]], str],
    passed_over: Collection[str],
    ignored_columns: Collection[str],
) -> Iterator[tuple[str, Cells]]:
    """Yield the line and the cells, by column, of each CSV row that is not empty.

    ``known`` are the columns by normalized name; ``needs`` returns what a header lacks, or "". A
    column of ``passed_over`` or ``ignored_columns`` is ignored. Raises BadInputError.
    """
    lines = _lines(text)
    skipped, separator = 0, ""
    for header in lines:
        if match := _SEPARATOR_LINE.fullmatch(header):
            separator = match["separator"]
        elif clean(header).strip(',;\t" '):
            break
        skipped += 1
    else:
        raise BadInputError("line 1", f"the file is empty; {needs(())}")
    reader = csv.DictReader(
        chain([header], lines),
        delimiter=separator or _separator_of(header, known),
        skipinitialspace=True,
        strict=True,
    )
    begin = skipped + 1  # the line where the next row begins, for errors
    try:
        columns = _columns(
            f"line {begin}", reader.fieldnames or (), known, needs, passed_over, ignored_columns
        )
        reader.fieldnames = columns
        begin = skipped + reader.line_num + 1
        for fields in reader:
            if any(map(visible_text, fields.values())):
                line = f"line {skipped + reader.line_num}"
                yield line, _complete(line, fields)
            begin = skipped + reader.line_num + 1
    except csv.Error as error:
        raise BadInputError(f"line {begin}", f"not CSV: {error}") from error


def _lines(text: TextIO) -> Iterator[str]:
    """Yield the lines, with any kind of line ending. Raises BadInputError."""
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
    """Return which kind of spreadsheet or archive the file is; "" if it may be text."""
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
    """Return the separator that gives the header the most known names, then the most columns.

    The second rule finds the semicolon in ``email;``, whose last column is empty.
    """

    def names_known_and_all(separator: str) -> tuple[int, int]:
        [names] = csv.reader([header], delimiter=separator, skipinitialspace=True)
        return sum(_normalized(name) in known for name in names), len(names)

    return max(",;\t", key=names_known_and_all)


def _normalized(name: str) -> str:
    """Return the letters and digits of a column's name in lower case."""
    return "".join(character for character in clean(name).casefold() if character.isalnum())


def _type_in(name: str) -> str:
    """Return the type in the name of a column like ``transfer_to:TYPE``, or ""."""
    column, _, type_name = name.partition(":")
    return type_name.strip().lower() if _normalized(column) == _normalized(OF_TYPE) else ""


def _columns(
    position: str,
    header: Sequence[str],
    known: Mapping[str, str],
    needs: Callable[[Collection[str]], str],
    passed_over: Collection[str],
    ignored_columns: Collection[str],
) -> list[str]:
    """Return each column's name by ``known``, or its number if it is ignored.

    Empty names at the end of the header do not count. Raises BadInputError.
    """
    names = [clean(name) for name in header]
    while names and not names[-1]:
        del names[-1]
    ignored = set(map(_normalized, ignored_columns))
    of_reports = set(map(_normalized, passed_over))
    columns: list[str] = []
    unknown: list[str] = []
    for number, name in enumerate(names, start=1):
        normalized = _normalized(name)
        type_name = _type_in(name)
        column = str(number)
        if normalized in ignored:
            pass
        elif type_name and "transfer_to" in known.values():
            if not is_type(type_name):
                raise BadInputError(
                    position, f"{escaped(type_name)} is not the name of a type of resources"
                )
            column = f"{OF_TYPE}{type_name}"
        elif normalized in known:
            column = known[normalized]
        elif not type_name and normalized not in of_reports:
            unknown.append(name)
        if column in columns:
            raise BadInputError(position, f"the header has the column {column!r} twice")
        columns.append(column)
    *others, last = dict.fromkeys(known.values())
    expected = f"the columns are {', '.join(others)} and {last}"
    if lacking := needs(columns):
        raise BadInputError(position, f"{lacking}; {expected}")
    if unknown:
        named = ", ".join(f"'{escaped(name)}'" for name in unknown)
        options = " ".join(f"--ignore-column {shlex.quote(name)}" for name in unknown)
        raise BadInputError(
            position, f"unknown column {named}; {expected}. To pass it over: {options}"
        )
    return columns


def _complete(position: str, fields: Mapping[str | None, _Cell]) -> Cells:
    """Return the cells by column. Raises BadInputError for too few or too many."""
    if None in fields.values():
        raise BadInputError(position, "fewer fields than the header has")
    if visible_text(fields.get(None)):
        raise BadInputError(position, "more fields than the header has")
    return {name: cell for name, cell in fields.items() if name and isinstance(cell, str)}


def _needs_a_person(columns: Collection[str]) -> str:
    """Return what the header of a file of people lacks, or ""."""
    if not columns:
        return "it needs a header with user_id or email"
    named = {"user_id", "email"}.intersection(columns)
    return "" if named else "the header names neither user_id nor email"


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


def visible_text(cell: _Cell) -> str:
    """Return the visible text of a cell, or of all the cells beyond the header."""
    if isinstance(cell, list):
        return "".join(map(visible_text, cell))
    return without_guard(clean(cell)) if cell else ""


def without_guard(text: str) -> str:
    """Return the text without the apostrophe that keeps a spreadsheet from reading a formula."""
    return _FORMULA_GUARD.sub("", text)
