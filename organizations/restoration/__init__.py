"""Restores removed members: each gets a new membership with what the record of the removal names.

``plan`` says what would come back, or why nothing can, and ``service`` saves that. ``resources``
returns what still bears the mark of the removal (``undone.sql``, ``returned.sql``), and
``identities`` makes the directory's identities valid again.
"""
