"""Reads a JSON body, and nothing that merely resembles one."""

import json
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from config.api.errors import PayloadTooLargeError

MAX_BODY_BYTES = 64 * 1024


class JSONObjectParser(BaseParser):
    """A JSON object in UTF-8 of at most 64 KiB, each of its names once."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object.

        Raises PayloadTooLargeError, or ParseError for everything that is not such an object.
        """
        body = stream.read(MAX_BODY_BYTES + 1)
        if len(body) > MAX_BODY_BYTES:
            raise PayloadTooLargeError
        try:
            parsed = json.loads(
                body.decode(), parse_constant=_refuse_constant, object_pairs_hook=_object
            )
            json.dumps(parsed, ensure_ascii=False).encode()  # refuses lone surrogates
        except (ValueError, RecursionError) as error:
            raise ParseError("the body is not valid json.") from error
        if not isinstance(parsed, dict):
            raise ParseError("the body is not a json object.")
        return parsed


def _refuse_constant(name: str) -> None:
    """Refuse NaN and the infinities, which Python reads and JSON has not."""
    raise ValueError(name)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a name that stands twice: which of two confirmations was meant, nobody knows."""
    parsed = dict(pairs)
    if len(parsed) < len(pairs):
        raise ValueError("a name stands twice")
    return parsed
