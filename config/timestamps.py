"""The format of times in the API (contract: Conventions)."""

from datetime import UTC, datetime

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # for times in UTC


def in_whole_seconds(moment: datetime) -> str:
    """Return an aware time as ISO 8601 in UTC: ``2025-12-22T15:30:00Z``."""
    return moment.astimezone(UTC).strftime(TIME_FORMAT)
