"""Erases a person's data for good.

The account's id stays, with nothing else in the account (a constraint of models/user.py ensures
it), and so do the records that refer to it. Their reasons, which may mention the person, stay
unless somebody chose to empty them (``reasons``).
"""
