"""Schedules removals for a date, and decides and carries them out when they are due."""
