"""Who may do what to whom: asked by every service, behind its locks, and by every preview.

``caller`` is on whose behalf something is done, and what they may do at this moment; ``acts`` what
each act takes. ``judge`` asks the rules of ``guards.sql`` about users, ``absence`` explains those
who are no members, and ``targets`` are whom resources pass to. Nothing here locks or writes.
"""
