"""The restoration of removed members: a new membership with what the record of the removal names.

``draft`` says what would come back, or why nothing can; ``service`` saves that. ``resources`` gives
back what still bears the mark of the removal (``undone.sql``, ``returned.sql``).
"""
