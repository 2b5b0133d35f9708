"""Removals on a date: asked for now, decided when they are due.

``service`` schedules and cancels, ``due`` carries out, and ``requester`` says what whoever asked
for one may still do then. ``one_by_one`` keeps one from holding up the others.
"""
