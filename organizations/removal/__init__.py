"""The removal of members: what the application is for.

``service`` removes: it locks, then one SQL statement decides (``guards.sql``) and acts
(``removal.sql``). ``preview`` asks the guards alone. ``absence`` explains who is no member, ``log``
writes a line for each removal.
"""
