"""The cursor of a reader of the audit log, as text that a client sends back."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import blake2b
from typing import Self

from django.db import connection

from organizations.exceptions import LogRestartedError

_TEXT = re.compile(r"[A-Za-z0-9_-]{1,200}")
_CONTENT = re.compile(r"[0-9a-f]{12}\.([0-9]{1,18})\.([0-9]{1,10})\.(|evt_[A-Za-z0-9_]{1,60})")

_PLACE = """
    SELECT last.position, here.position, here.xmin::text::bigint, here.event_id
    FROM (
        SELECT (
            SELECT position
            FROM organizations_eventposition
            WHERE organization_id = %(organization_id)s
            ORDER BY position DESC
            LIMIT 1
        ) AS position
    ) AS last
    LEFT JOIN organizations_eventposition AS here
        ON here.organization_id = %(organization_id)s AND here.position = %(position)s
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last position that was passed, with the event there and the transaction that gave it.

    Position and event alone would be those of a restored dump as well. PostgreSQL keeps the number
    of the transaction that wrote a row (``xmin``) for as long as the row lives, through VACUUM,
    CLUSTER, pg_upgrade and on every physical copy, and anybody may read it; a row that was restored
    or replicated logically was written by another. So the cursor needs no mark of the database, for
    which an application without superuser's rights would have to ask each provider differently.
    A log that was set back in time (recovery to a point in time, a standby that had not everything)
    lacks the row, or has another there.
    """

    position: int = 0
    written_by: int = 0
    event_id: str = ""

    @classmethod
    def from_text(cls, text: str, organization_id: str) -> Self:
        """Return the cursor of this organization that is written so. Raises ValueError."""
        if _TEXT.fullmatch(text):
            content = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii", "replace")
            if found := _CONTENT.fullmatch(content):
                cursor = cls(int(found[1]), int(found[2]), found[3])
                if cursor.text_for(organization_id) == text:
                    return cursor
        raise ValueError("no cursor of this log")

    def text_for(self, organization_id: str) -> str:
        """Return the cursor as text, which is valid for this organization alone."""
        content = f"{self.position}.{self.written_by}.{self.event_id}"
        # Tells a cursor from text that was cut, changed or is another log's. It keeps no secret.
        digest = blake2b(f"{organization_id}.{content}".encode(), digest_size=6).hexdigest()
        return urlsafe_b64encode(f"{digest}.{content}".encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Place:
    """The cursor of a position in the log, None where no event has it, and the last position."""

    cursor: Cursor | None
    last: int


def place_of(organization_id: str, position: int) -> Place:
    """Return the place of a position in an organization's log."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"organization_id": organization_id, "position": position})
        last, here, written_by, event_id = cursor.fetchone()
    if position == 0:
        return Place(Cursor(), last or 0)
    return Place(None if here is None else Cursor(here, written_by, event_id), last or 0)


def last_position(organization_id: str, cursor: Cursor) -> int:
    """Return the last position of a log that still is the one which the cursor passed.

    Raises LogRestartedError for a cursor of a log before it was restored, or set back.
    """
    place = place_of(organization_id, cursor.position)
    if place.cursor != cursor:
        raise LogRestartedError({"organization_id": organization_id})
    return place.last
