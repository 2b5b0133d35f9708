"""For which moments a removal can be scheduled (events: Removals on a date)."""

from datetime import datetime, timedelta

from django.utils import timezone

FARTHEST = timedelta(days=366)


def problem_of(remove_at: datetime) -> str | None:
    """Return what is wrong with a moment: it must be in the future, and at most a year ahead."""
    now = timezone.now()
    if remove_at <= now:
        return "Must be in the future."
    if remove_at > now + FARTHEST:
        return "Must be at most a year ahead."
    return None
