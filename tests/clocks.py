"""A wrong clock of a process, by which nothing may be decided that the database's clock decides."""

from datetime import timedelta

import pytest
from django.utils import timezone


def set_clock_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process believe that it is a year later."""
    next_year = timezone.now() + timedelta(days=365)
    monkeypatch.setattr(timezone, "now", lambda: next_year)
