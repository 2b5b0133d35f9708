"""What is read as a body, and what is not."""

from io import BytesIO
from typing import Any

import pytest
from rest_framework.exceptions import ParseError

from config.api.errors import PayloadTooLargeError
from config.api.parser import JSONObjectParser


class SmallParser(JSONObjectParser):
    max_bytes = 10


def parse(body: bytes, parser: type[JSONObjectParser] = JSONObjectParser) -> Any:
    return parser().parse(BytesIO(body), "application/json", {"encoding": "latin-1"})


def test_an_object_is_read_as_utf_8_whatever_charset_is_named() -> None:
    assert parse('{"name": "Zoë"}'.encode()) == {"name": "Zoë"}


def test_a_byte_order_mark_before_the_object_is_passed_over() -> None:
    assert parse(b'\xef\xbb\xbf{"confirm": true}') == {"confirm": True}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b'{"a": 1} {}',
        b'{"a": 1, "a": 1}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": NaN}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udc00": 1}',
        b'{"a": "\xff"}',
        b'\xef\xbb\xbf\xef\xbb\xbf{"a": 1}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a":' * 10_000 + b"1" + b"}" * 10_000,
    ],
)
def test_whatever_is_no_object_with_each_name_once_is_refused(body: bytes) -> None:
    with pytest.raises(ParseError):
        parse(body)


def test_a_view_may_take_more_or_less() -> None:
    assert parse(b'{"a": 1}  ', SmallParser) == {"a": 1}
    with pytest.raises(PayloadTooLargeError):
        parse(b'{"a": 1}   ', SmallParser)


def test_64_kib_are_read_and_not_a_byte_more() -> None:
    body = b'{"a": 1}'.ljust(64 * 1024)

    assert parse(body) == {"a": 1}
    with pytest.raises(PayloadTooLargeError):
        parse(body + b" ")
