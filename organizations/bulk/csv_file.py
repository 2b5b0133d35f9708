"""Reads CSV files as spreadsheets and HR systems write them."""

import csv
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from io import TextIOWrapper
from itertools import chain, count
from typing import BinaryIO, TextIO
from zipfile import BadZipFile, ZipFile

from config.characters import clean, without_guard
from organizations.bulk.columns import Columns
from organizations.bulk.run import BadInputError

LONGEST_LINE = 64 * 1024  # characters
# DictReader returns None for a missing field, and a list of the fields beyond the header.
_Cell = str | list[str] | None
Cells = Mapping[str, str]  # as they stand in the file, by column
# The first line of a file that PowerShell's Export-Csv wrote.
_TYPE_LINE = "#TYPE "
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


def read_cells(text: TextIO, columns: Columns) -> Iterator[tuple[str, Cells]]:
    """Yield the line and the cells, by column, of each CSV row that is not empty.

    Raises BadInputError.
    """
    lines = _lines(text)
    skipped, separator = 0, ""
    for header in lines:
        if match := _SEPARATOR_LINE.fullmatch(header):
            separator = match["separator"]
        elif clean(header).strip(',;\t" ') and not header.startswith(_TYPE_LINE):
            break
        skipped += 1
    else:
        raise BadInputError("line 1", f"the file is empty; {columns.lacking(())}")
    reader = csv.DictReader(
        chain([header], lines),
        delimiter=separator or columns.separator_of(header),
        skipinitialspace=True,
        strict=True,
    )
    begin = skipped + 1  # the line where the next row begins, for errors
    try:
        reader.fieldnames = columns.read(f"line {begin}", reader.fieldnames or ())
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


def _complete(position: str, fields: Mapping[str | None, _Cell]) -> Cells:
    """Return the cells by column. Raises BadInputError for too few or too many."""
    if None in fields.values():
        raise BadInputError(position, "fewer fields than the header has")
    if visible_text(fields.get(None)):
        raise BadInputError(position, "more fields than the header has")
    return {name: cell for name, cell in fields.items() if name and isinstance(cell, str)}


def visible_text(cell: _Cell) -> str:
    """Return the visible text of a cell, or of all the cells beyond the header."""
    if isinstance(cell, list):
        return "".join(map(visible_text, cell))
    return without_guard(clean(cell)) if cell else ""
