"""Deletes old events of former members, and old closed tasks, where RETENTION_DAYS says so."""
