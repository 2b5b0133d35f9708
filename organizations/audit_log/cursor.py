"""The cursor with which a client follows the audit log."""

import re
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Self

from django.db import connection

from config.api.cursors import content_of, text_of
from organizations.exceptions import LogRestartedError, LogTruncatedError

_CONTENT = re.compile(
    r"[0-9a-f]{12}\.([0-9]{1,18})\.([0-9]{1,10})\.(|evt_[A-Za-z0-9_]{1,60})(?:\.([0-9]{1,18}))?"
)

_PLACE = """
    SELECT last.position, next.position, here.position, here.xmin::text::bigint, here.event_id,
        known.truncations, known.truncated_to
    FROM (VALUES (%(organization_id)s)) AS log (organization_id)
    LEFT JOIN organizations_eventorder AS known USING (organization_id)
    LEFT JOIN LATERAL (
        SELECT position
        FROM organizations_eventposition AS each
        WHERE each.organization_id = log.organization_id
        ORDER BY position DESC
        LIMIT 1
    ) AS last ON true
    LEFT JOIN LATERAL (
        SELECT position
        FROM organizations_eventposition AS each
        WHERE each.organization_id = log.organization_id AND position > %(position)s
        ORDER BY position
        LIMIT 1
    ) AS next ON true
    LEFT JOIN LATERAL (
        SELECT position, xmin, event_id
        FROM organizations_eventposition AS each
        WHERE each.organization_id = log.organization_id AND position <= %(position)s
        ORDER BY position DESC
        LIMIT 1
    ) AS here ON true
"""


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last position read, with its event and the transaction that gave it.

    A restored dump has the same position and event. But PostgreSQL keeps the number of the
    transaction that wrote a row (``xmin``) as long as the row lives, through VACUUM, CLUSTER,
    pg_upgrade and on every physical copy; a row that is restored or replicated logically gets
    another. Reading it takes no superuser, unlike an identifier of the database. A log that was set
    back in time (point-in-time recovery, a standby that lagged) lacks the row or has another one.

    With the number of truncations, a reader who began after a deletion misses nothing.
    """

    position: int = 0
    written_by: int = 0
    event_id: str = ""
    truncations: int = field(default=0, compare=False)

    @classmethod
    def from_text(cls, text: str, organization_id: str) -> Self:
        """Return the cursor of this organization that the text stands for. Raises ValueError."""
        if found := _CONTENT.fullmatch(content_of(text)):
            cursor = cls(int(found[1]), int(found[2]), found[3], int(found[4] or 0))
            if cursor.text_for(organization_id) == text:
                return cursor
        raise ValueError("no cursor of this log")

    def text_for(self, organization_id: str) -> str:
        """Return the cursor as text, valid for this organization alone."""
        content = f"{self.position}.{self.written_by}.{self.event_id}"
        if self.truncations:
            content += f".{self.truncations}"
        # Detects text that was cut, changed or is another log's. It protects no secret.
        digest = blake2b(f"{organization_id}.{content}".encode(), digest_size=6).hexdigest()
        return text_of(f"{digest}.{content}")


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a log: the cursor of the position there, or of the last one before it.

    ``next`` is the position after it, None at the end, and ``last`` the last one of the log. No
    event after the position ``truncated_to`` has been deleted.
    """

    cursor: Cursor
    next: int | None
    last: int
    truncated_to: int

    def refuse_missing(self, passed: Cursor, organization_id: str) -> None:
        """Raise LogTruncatedError if events after the cursor were deleted since it was made."""
        if passed.position < self.truncated_to and passed.truncations != self.cursor.truncations:
            raise LogTruncatedError({"organization_id": organization_id})


def place_of(organization_id: str, position: int) -> Place:
    """Return the place of a position in an organization's log."""
    with connection.cursor() as cursor:
        cursor.execute(_PLACE, {"organization_id": organization_id, "position": position})
        last, following, here, written_by, event_id, truncations, truncated_to = cursor.fetchone()
    return Place(
        Cursor(here or 0, written_by or 0, event_id or "", truncations or 0),
        following,
        last or 0,
        truncated_to or 0,
    )


def place_after(organization_id: str, passed: Cursor | None) -> Place:
    """Return the place up to which a reader has read; without a cursor, the beginning.

    Raises LogTruncatedError if events that were not read are deleted, and LogRestartedError if the
    log was restored or set back since the cursor was made.
    """
    place = place_of(organization_id, passed.position if passed else 0)
    if passed:
        place.refuse_missing(passed, organization_id)
        if place.cursor != passed:
            raise LogRestartedError({"organization_id": organization_id})
    return place
