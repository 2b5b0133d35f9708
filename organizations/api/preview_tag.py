"""The `ETag` of a removal's preview, and the `If-Match` of a removal that does just that."""

import hashlib
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from django.utils.http import parse_etags

from organizations.exceptions import PreviewChangedError

_ANY = "*"
_DIGEST_BYTES = 6  # of each field: a tag of thirteen is about a hundred characters


def etag_of(preview: Mapping[str, object]) -> str:
    """Return the `ETag` of a preview as its reader is shown it, which covers all fields."""
    return f'"{".".join(_digests_of(preview))}"'


def find_change(preview: Mapping[str, object], if_match: str) -> PreviewChangedError | None:
    """Return the refusal if the preview has none of the tags of an `If-Match`, else None.

    It has the present value of each field that differs from the first tag: of all fields, if that
    is no tag of a preview. A weak tag counts as well: a proxy that compresses makes it of a strong
    one.
    """
    tags = [tag.removeprefix("W/") for tag in parse_etags(if_match)]
    if etag_of(preview) in tags or _ANY in tags:
        return None
    seen = tags[0].strip('"').split(".") if tags else []
    if len(seen) != len(preview):
        seen = [""] * len(preview)
    digests = zip(preview, seen, _digests_of(preview), strict=True)
    changed = {name: preview[name] for name, before, now in digests if before != now}
    return PreviewChangedError({"user_id": preview["user_id"], "changed": changed})


def _digests_of(preview: Mapping[str, object]) -> list[str]:
    """Return a short digest of each field."""
    contents = (json.dumps(value, sort_keys=True).encode() for value in preview.values())
    return [
        urlsafe_b64encode(hashlib.sha256(content).digest()[:_DIGEST_BYTES]).decode()
        for content in contents
    ]
