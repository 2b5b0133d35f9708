"""The parser reads JSON bodies strictly."""

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser
from rest_framework.utils import json

from config.api.errors import PayloadTooLargeError


class JSONObjectParser(BaseParser):
    """Reads a JSON object in UTF-8 without duplicate names; a byte order mark is ignored.

    A view that accepts more than 64 KiB uses a subclass with another ``max_bytes``. This is no
    JSONParser: for one REST framework reads the body itself, up to the limit for forms.
    """

    media_type = "application/json"
    max_bytes = 64 * 1024

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object. Raises PayloadTooLargeError, or ParseError for any other body."""
        body = stream.read(self.max_bytes + 1)
        if len(body) > self.max_bytes:
            raise PayloadTooLargeError
        try:
            parsed = json.loads(body.decode("utf-8-sig"), object_pairs_hook=without_duplicates)
            json.dumps(parsed, ensure_ascii=False).encode()  # refuses lone surrogates
        except (ValueError, RecursionError) as error:
            raise ParseError("the body is not valid json.") from error
        if not isinstance(parsed, dict):
            raise ParseError("the body is not a json object.")
        return parsed


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object. Raises ValueError for a duplicate name, since either could be meant."""
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        raise ValueError("a name stands twice")
    return parsed
