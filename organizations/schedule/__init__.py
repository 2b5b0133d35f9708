"""Removals on a date: scheduled now, decided when they are due.

``service`` schedules and cancels, ``due`` carries out, and ``dates`` says which times can be given.
"""
