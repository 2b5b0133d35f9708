"""The `ETag` of a removal's preview, and the check of a removal's `If-Match` against it."""

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

    The refusal has the present values of the fields that differ from the first tag, or of all
    fields if that is no tag of a preview. A weak tag counts: proxies that compress weaken tags.
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
