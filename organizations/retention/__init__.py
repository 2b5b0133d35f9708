"""Deletes old events of people who are no longer members, where RETENTION_DAYS says so."""
