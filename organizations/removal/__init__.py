"""The removal of members: what the application is for.

``service`` removes, by one SQL statement: ``guards.sql`` decides who cannot go, ``removal.sql``
takes out the others. ``guards`` asks the first alone, for a ``preview`` of what a removal would do;
``log`` tells.
"""
