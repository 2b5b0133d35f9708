"""How the API writes a time (contract: Conventions)."""

from datetime import UTC, datetime

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # of times in UTC


def in_whole_seconds(moment: datetime) -> str:
    """Return a time with its zone as ISO 8601 in UTC: ``2025-12-22T15:30:00Z``."""
    return moment.astimezone(UTC).strftime(TIME_FORMAT)
