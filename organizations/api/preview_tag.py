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
    """Return the `ETag` of a preview as its reader is shown it: a digest of each field.

    Whatever the preview contains, its tag covers.
    """
    return f'"{".".join(_digest_of(value) for value in preview.values())}"'


def find_change(preview: Mapping[str, object], if_match: str) -> PreviewChangedError | None:
    """Return the refusal if the preview has none of the tags of an `If-Match`, else None.

    It says what each field contains now that differs from the first tag: all fields, if that is no
    tag of a preview. A weak tag counts as well: a proxy that compresses makes it of a strong one.
    """
    tags = [tag.removeprefix("W/") for tag in parse_etags(if_match)]
    present = etag_of(preview)
    if present in tags or _ANY in tags:
        return None
    seen = _digests_in(tags[0]) if tags else []
    if len(seen) != len(preview):
        seen = [""] * len(preview)
    changed = {
        name: value
        for (name, value), before, now in zip(
            preview.items(), seen, _digests_in(present), strict=True
        )
        if before != now
    }
    return PreviewChangedError({"user_id": preview["user_id"], "changed": changed})


def _digest_of(value: object) -> str:
    """Return a short digest of what a field contains."""
    content = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).digest()
    return urlsafe_b64encode(content[:_DIGEST_BYTES]).decode()


def _digests_in(tag: str) -> list[str]:
    """Return the digests that a tag consists of."""
    return tag.strip('"').split(".")
