"""Erases a person's data for good, and changes nothing of anybody else's.

The person's are the rows about them (``rows``, ``log_entries``), where they are the user or the
member, and their addresses. Rows that name them as actor, requester or heir keep the id. Texts
about others that mention one of their addresses are listed, and emptied if chosen (``reasons``,
``log_entries``); names are not searched for, since others may have the same.

The account's id stays, with nothing else in the account (a constraint of models/user.py), and so do
the records that refer to it.
"""
