"""Decides for which times a removal can be scheduled."""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

FARTHEST = timedelta(days=366)


def moment_of(text: str) -> datetime:
    """Return the moment that a text names, in UTC, for which a removal can be scheduled.

    Raises ValueError, with what is wrong with it.
    """
    moment = aware_moment_of(text)
    if problem := problem_of(moment):
        raise ValueError(problem)
    return moment.astimezone(UTC)


def aware_moment_of(text: str) -> datetime:
    """Return the moment that a text names, past or future, with the offset that it has.

    Raises ValueError, with what is wrong with it: without its offset it would mean another moment
    elsewhere, and twice a year two of them or none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("Must be a time with its offset, such as 2026-12-31T17:00:00+01:00.")
    return moment


def problem_of(remove_at: datetime) -> str | None:
    """Return what is wrong with a moment: it must be in the future, and at most a year ahead."""
    now = timezone.now()
    if remove_at <= now:
        return "Must be in the future."
    if remove_at > now + FARTHEST:
        return "Must be at most a year ahead."
    return None
