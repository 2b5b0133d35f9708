"""The format of times in the API (contract: Conventions)."""

from contextlib import suppress
from datetime import UTC, datetime

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # for times in UTC


def in_whole_seconds(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC: ``2025-12-22T15:30:00Z``."""
    return moment.astimezone(UTC).strftime(TIME_FORMAT)


def moment_of(text: str) -> datetime | None:
    """Return the time that `in_whole_seconds` wrote as this text, or None for another text."""
    with suppress(ValueError):
        return datetime.strptime(text, TIME_FORMAT).replace(tzinfo=UTC)
    return None
