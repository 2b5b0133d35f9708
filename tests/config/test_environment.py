"""What a setting that cannot work ends with: one line, which names it and has an example."""

from collections.abc import Callable
from typing import Any

import pytest

from config import environment

Reader = Callable[[str], Any]


@pytest.mark.parametrize(
    ("read", "name", "text", "line"),
    [
        (environment.days, "RETENTION_DAYS", "0", "days from 1 to 36500. Example: .*=365"),
        (environment.days, "RETENTION_DAYS", "a year", "days from 1 to 36500. Example: .*=365"),
        (environment.days, "RETENTION_DAYS", "9" * 5000, "days from 1 to 36500. Example: .*=365"),
    ],
    ids=lambda each: each[:10] if isinstance(each, str) else None,
)
def test_what_cannot_work_is_refused(
    monkeypatch: pytest.MonkeyPatch, read: Reader, name: str, text: str, line: str
) -> None:
    monkeypatch.setenv(name, text)

    with pytest.raises(SystemExit, match=f"^The setting {name} is .*{line}$"):
        read(name)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [(environment.days, "", None), (environment.days, " 365 ", 365)],
    ids=["no days", "a year"],
)
def test_what_can_work_is_read(
    monkeypatch: pytest.MonkeyPatch, read: Reader, text: str, value: object
) -> None:
    monkeypatch.setenv("SETTING", text)

    assert read("SETTING") == value
