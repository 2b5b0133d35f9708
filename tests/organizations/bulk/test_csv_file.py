"""CSV files of leavers, as spreadsheets and HR systems write them."""

from io import BytesIO
from zipfile import ZipFile

import pytest

from organizations.bulk.csv_file import as_text
from organizations.bulk.people import read_rows
from organizations.bulk.report import Row
from organizations.bulk.run import BadInputError

A, B = Row(email="a@b.c"), Row(email="d@e.f")
TO_DEPARTMENT = Row(email="a@b.c", transfer_to="dept_1")
ID_AND_EMAIL = Row(user_id="usr_1", email="a@b.c")
NO_BREAK_SPACE, ZERO_WIDTH_SPACE = "\u00a0", "\u200b"


def positions_and_rows(
    content: bytes, *ignored_columns: str, email_column: str = ""
) -> list[tuple[str, Row]]:
    with as_text(BytesIO(content)) as text:
        return list(read_rows(text, "transfer_to", ignored_columns, email_column))


def rows_of(content: bytes, *ignored_columns: str, email_column: str = "") -> list[Row]:
    rows = positions_and_rows(content, *ignored_columns, email_column=email_column)
    return [row for _, row in rows]


def archive_with(name: str) -> bytes:
    file = BytesIO()
    with ZipFile(file, "w") as archive:
        archive.writestr(name, "")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        ("email\na@b.c\nd@e.f\n", [A, B]),
        ("user_id,email\n", []),
        ("\ufeffemail\r\na@b.c\r\nd@e.f\r\n", [A, B]),
        ("email\ra@b.c\rd@e.f\r", [A, B]),
        ("email\n\na@b.c\n  \n\n", [A]),
        ("email,transfer_to\n,\na@b.c,\n , \n", [A]),
        ("\n,,\nemail\na@b.c\n", [A]),
        ("email,\na@b.c,\nd@e.f,\n", [A, B]),
        ("email,,\na@b.c\n", [A]),
        ("email;\na@b.c;\n", [A]),
        ("email\t\na@b.c\t\n", [A]),
        ('email, transfer_to\n "a@b.c", "dept_1"\n', [TO_DEPARTMENT]),
        ("email;transfer_to\na@b.c;dept_1\n", [TO_DEPARTMENT]),
        ('"email"\t"transfer_to"\na@b.c\tdept_1\n', [TO_DEPARTMENT]),
        ("sep=;\nemail;transfer_to\na@b.c;dept_1\n", [TO_DEPARTMENT]),
        ("SEP=|\r\nemail|transfer_to\r\na@b.c|dept_1\r\n", [TO_DEPARTMENT]),
        ("E-Mail\na@b.c\n", [A]),
        ("Email Address,Transfer To\na@b.c,dept_1\n", [TO_DEPARTMENT]),
        ("User ID,e-mail\nusr_1,a@b.c\n", [ID_AND_EMAIL]),
        ("email,outcome,removal_id,user_id\na@b.c,removed,rem_1,usr_1\n", [ID_AND_EMAIL]),
        ("email\n'+a@b.c\n", [Row(email="+a@b.c")]),
        ('#TYPE System.Data.DataRow\r\n"email"\r\n"a@b.c"\r\n', [A]),
        ("Email Address [Required],User ID\na@b.c,4711\n", [A]),
        ("User ID,Email\nusr_1,a@b.c\n,d@e.f\n", [ID_AND_EMAIL, B]),
    ],
)
def test_a_file_is_read_as_spreadsheets_and_systems_write_it(content: str, rows: list[Row]) -> None:
    assert rows_of(content.encode()) == rows


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_a_byte_order_mark_says_how_to_read(encoding: str) -> None:
    assert rows_of("email\r\nj\u00f6rg@b.c\r\n".encode(encoding)) == [Row(email="j\u00f6rg@b.c")]


@pytest.mark.parametrize(
    "invisible",
    [ZERO_WIDTH_SPACE, NO_BREAK_SPACE, "\u00ad", "\ufeff", "\u2060", "\u200e", "\u180e", "\u3000"],
)
def test_characters_that_nobody_can_see_are_stripped(invisible: str) -> None:
    content = f"email{invisible},transfer_to\na@b.c{invisible},{invisible}dept_1\n"

    assert rows_of(content.encode()) == [TO_DEPARTMENT]


def test_a_zero_width_space_within_an_address_is_stripped_too() -> None:
    assert rows_of(f"email\na@{ZERO_WIDTH_SPACE}b.c\n".encode()) == [A]


def test_columns_are_passed_over_by_name() -> None:
    content = b'Name,email,"Cost, total"\nAda,a@b.c,1\n'

    assert rows_of(content, "NAME", "Cost, total") == [A]


@pytest.mark.parametrize(
    "name",
    [
        *("Email Address [Required]", "Work Email", "Email - Primary Work", "primaryWorkEmail"),
        *("Primary Email", "E-Mail-Adresse"),
    ],
)
def test_addresses_are_found_as_the_usual_exports_call_them(name: str) -> None:
    assert rows_of(f"{name}\na@b.c\nd@e.f\n".encode()) == [A, B]


def test_any_other_column_has_the_addresses_if_an_option_names_it() -> None:
    content = b"Email,Login;Name\nprivate@b.c,a@b.c\n"

    assert rows_of(content, email_column="LOGIN; name") == [A]


def test_a_known_column_is_passed_over_when_it_is_named() -> None:
    assert rows_of(b"email,user_id\na@b.c,7\n", "User ID") == [A]


def test_a_position_is_the_line_in_the_file() -> None:
    content = b'sep=,\n\nemail,Note\n\na@b.c,"of\ntwo lines"\nd@e.f,\n'

    positions = [position for position, _ in positions_and_rows(content, "note")]

    assert positions == ["line 6", "line 7"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file is empty; it needs a header with user_id or email"),
        (b"usr_1\nusr_2\n", "line 1: the header names neither user_id nor email"),
        (b"transfer_to\n", "line 1: the header names neither user_id nor email"),
        (b"\nemail,tranfer_to\n", "line 2: unknown column 'tranfer_to'; the columns are user_id,"),
        (b"email;Full Name\n", "To pass it over: --ignore-column 'Full Name'"),
        (b"email,,transfer_to\n", "line 1: unknown column ''"),
        ("email,tr\u0430nsfer_to\n".encode(), r"line 1: unknown column 'tr\\u0430nsfer_to'"),
        (b"email,E-Mail\n", "line 1: 'email' and 'E-Mail' are both read as email"),
        (b"Email,Work Email\n", "both read as email; .* --email-column 'Work Email'"),
        (b"Mitarbeiter,Konto\n", "neither .* has 'Mitarbeiter', 'Konto'. .* --email-column NAME"),
        (b"Work Email,Team\n", "'Team'; .* It would read email from 'Work Email'. .* Team"),
        (b"User ID,email\n4711,a@b.c\nusr_1,d@e.f\n", "line 3: .* usr_1, and 4711, which is no id"),
        (b"email,transfer_to\na@b.c,\n,dept_1\n", "line 3: neither a user_id nor an email"),
        (b"user_id,email\nusr_1\n", "line 2: fewer fields than the header has"),
        (b"email,\na@b.c,d@e.f\n", "line 2: more fields than the header has"),
        (b"email\na@b.c\na\0@b.c\n", "line 3: a NUL byte; save the file as UTF-8"),
        ("email\na@b.c\n".encode("utf-16-le"), "line 1: a NUL byte"),
        ("email\nj\u00f6rg@b.c\n".encode("latin-1"), "line 2: not UTF-8"),
        (b'email\na@b.c\n"d@e.f\n', "line 3: not CSV"),
        (b"email\n" + b"x" * 70_000, "line 2: longer than 65,536 characters"),
        (archive_with("xl/workbook.xml"), r"the file is an Excel workbook \(.xlsx\); save it as"),
        (archive_with("content.xml"), r"the file is an OpenDocument spreadsheet \(.ods\)"),
        (archive_with("leavers.csv"), "the file is a ZIP archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", r"the file is an Excel workbook \(.xls\)"),
    ],
)
def test_a_bad_file_is_named_with_its_line(content: bytes, message: str) -> None:
    with pytest.raises(BadInputError, match=message):
        rows_of(content)


def test_a_column_that_is_not_there_has_no_addresses() -> None:
    with pytest.raises(BadInputError, match=r"no column 'Login'; .* It has 'user_id', 'email'"):
        rows_of(b"user_id,email\nusr_1,a@b.c\n", email_column="Login")


def test_a_file_of_those_who_come_back_names_their_removals_and_no_target() -> None:
    content = b"user_id,transfer_to,outcome,removal_id\nusr_1,dept_1,removed,rem_1\n"

    with as_text(BytesIO(content)) as text:
        rows = [row for _, row in read_rows(text, "removal_id")]

    assert rows == [Row(user_id="usr_1", removal_id="rem_1")]
