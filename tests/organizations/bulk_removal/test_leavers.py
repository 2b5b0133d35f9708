"""Reading who leaves from a file."""

from io import BytesIO

import pytest

from organizations.bulk_removal.leavers import BadFileError, Leaver, read_leavers

BOTH = Leaver("usr_1", "a@b.c")


@pytest.mark.parametrize(
    ("content", "leavers"),
    [
        (b"user_id\nusr_1\nusr_2\n", [Leaver("usr_1"), Leaver("usr_2")]),
        (b"\xef\xbb\xbfemail\r\nA@Example.com\r\n", [Leaver(email="a@example.com")]),
        (b"EMAIL, Transfer_To\na@b.c, dept_1", [Leaver(email="a@b.c", transfer_to="dept_1")]),
        (
            b'user_id,email\n"usr_1","a@b.c"\n,d@e.f\n',
            [Leaver("usr_1", "a@b.c"), Leaver(email="d@e.f")],
        ),
        (b"user_id\n\nusr_1\n\n", [Leaver("usr_1")]),
        (b"user_id\n", []),
    ],
)
def test_a_file_is_read(content: bytes, leavers: list[Leaver]) -> None:
    assert list(read_leavers(BytesIO(content))) == leavers


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: the file is empty; it needs a header with user_id or email"),
        (b"usr_1\nusr_2\n", "line 1: unknown column 'usr_1'; the columns are"),
        (b"user_id;email\n", "line 1: unknown column 'user_id;email'"),
        (b"user_id,name\n", "line 1: unknown column 'name'"),
        (b"transfer_to\n", "line 1: the header names neither user_id nor email"),
        (b"user_id,User_ID\n", "line 1: the column 'user_id' stands twice"),
        (b"user_id,email\nusr_1,\n , \n", "line 3: neither a user_id nor an email"),
        (b"user_id,email\nusr_1\n", "line 2: 1 fields where the header has 2"),
        (b"user_id\nusr_1,usr_2\n", "line 2: 2 fields where the header has 1"),
        (b"user_id\nusr_1\nusr\0_2\n", "line 3: a NUL byte"),
        ("user_id\nusr_1\n".encode("utf-16"), "line 1: a NUL byte; is it UTF-16?"),
        ("email\nj\u00f6rg@example.com\n".encode("latin-1"), "line 2: not UTF-8"),
        (b'user_id\n"usr_1\n', "line 2: not CSV"),
        (b"user_id\n" + b"x" * 70_000, "line 2: longer than 65,536 bytes"),
    ],
)
def test_a_bad_file_is_named_with_its_line(content: bytes, message: str) -> None:
    with pytest.raises(BadFileError) as refused:
        list(read_leavers(BytesIO(content)))

    assert str(refused.value).startswith(message)
