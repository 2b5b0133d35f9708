"""Formats of pages that differ from Django's."""

DATETIME_FORMAT = "N j, Y, P T"  # with its zone
