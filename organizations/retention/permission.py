"""Lets one transaction delete what is old. Without this the triggers refuse it."""

from datetime import datetime

from django.db.backends.utils import CursorWrapper


def permit_deletion(cursor: CursorWrapper, kept_from: datetime) -> None:
    """Let the rest of this transaction delete what the triggers allow from before this moment."""
    cursor.execute("SELECT set_config('offboard.kept_from', %s, true)", [kept_from.isoformat()])
