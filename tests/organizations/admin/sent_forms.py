"""What a browser sends of a page's form."""

from collections import defaultdict
from html.parser import HTMLParser
from typing import Any

from tests.organizations.admin.page import text_of


def _is_sent(kind: str, *, is_checked: bool) -> bool:
    """Return whether a browser sends an input of this kind."""
    return is_checked if kind in {"checkbox", "radio"} else kind not in {"submit", "button"}


class _Fields(HTMLParser):
    """Reads the fields of forms."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: dict[str, list[str]] = defaultdict(list)
        self._select = self._text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in given:
            self.sent[self._select].append(given.get("value", ""))
        elif tag == "textarea":
            self._text, self.sent[name] = name, [""]
        elif tag == "input" and name and _is_sent(kind, is_checked="checked" in given):
            self.sent[name].append(given.get("value", "on" if kind == "checkbox" else ""))

    def handle_data(self, data: str) -> None:
        if self._text:
            self.sent[self._text][0] += data.removeprefix("\n").replace("\n", "\r\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._text = ""


def form_on(page: Any) -> dict[str, list[str]]:
    """Return what a browser sends if nobody touches the form of a page."""
    assert page.status_code == 200, text_of(page)
    fields = _Fields()
    fields.feed(page.content.decode())
    return dict(fields.sent)
