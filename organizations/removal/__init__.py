"""The removal of members: what the application is for.

``service`` removes: it locks, then one SQL statement decides (``guards.sql``) and acts
(``removal.sql``). ``preview`` asks the guards alone. ``absence`` explains who is no member, ``log``
writes a line for each removal.

Nothing can be given to somebody while they are removed: what a member holds refers to the key of
their *current* membership (models/membership.py), and waits for the lock of locks.py, then fails.
"""
