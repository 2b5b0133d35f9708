"""The removal of members: what the application is for.

``service`` removes, by one SQL statement: ``guards.sql`` decides who cannot go, ``removal.sql``
takes out the others. ``retries`` is for what others got in the way of, ``absence`` for those who
are no members. ``guards`` asks the first half alone, for a ``preview``; ``log`` tells.
"""
