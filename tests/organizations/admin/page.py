"""What an admin page says."""

import re
from html import unescape
from typing import Any

from django.db.models import Model
from django.http import HttpResponse
from django.urls import reverse
from django.utils.html import strip_tags

ID = r"\b([a-z]{2,5}_)[0-9A-Z]{26}(_\d+)?\b"
KEY = r"/\d+/|(?<=/removal/)[\w-]{11}/|\b[0-9a-f]{32}\b"  # of a row, a selection, a request
TIME = r"\b[A-Z][a-z]+\.? \d+, \d{4}(, [\w:]+( [ap]\.m\.)? UTC)?"


def page_of(row: Model, page: str = "change") -> str:
    """Return the address of a page of a row."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{page}", args=[row.pk])


def text_of(response: Any) -> str:
    """Return the HTML of a page with each run of white space as one space."""
    return " ".join(HttpResponse.getvalue(response).decode().split())


def words_of(response: Any) -> str:
    """Return what a person reads on a page: its title, then a line for each paragraph and row.

    Links have their address. What differs in each run is left out: ids, other keys, and times.
    """
    page = text_of(response).replace("_5F", "_")  # as the admin quotes an id
    title, _, content = page.partition("<h1>")[2].partition("</h1>")
    content = content.partition('<div id="content-main">')[2].partition("</main>")[0]
    for pattern, replacement in (
        (r"<option.*?</option>", ""),
        (r'<input type="submit"[^>]*value="([^"]*)"[^>]*>', r"[\1] "),
        (r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', r"\2 (\1)"),
        (r"</t[hd]> <t[hd][^>]*>|</t[hd]><t[hd][^>]*>", " | "),
        (r"</?(p|li|h\d|tr|caption|summary|label|fieldset|form|section)\b[^>]*>", "\n"),
        (ID, r"\1*"),
        (KEY, "*"),
    ):
        content = re.sub(pattern, replacement, content)
    lines = (" ".join(unescape(strip_tags(line)).split()) for line in content.split("\n"))
    return re.sub(TIME, "TIME", "\n".join([unescape(title), *filter(None, lines)])) + "\n"
