"""Erases a person's data for good, and touches nothing of anybody else's.

Theirs are the rows about them (``rows``, ``log_entries``), where they are the user or the member,
and their addresses (``addresses``). Where a row names them as actor, requester or heir, only the
id stays. What others' records say with an address of theirs is listed, and goes where somebody
chose it (``reasons``, ``log_entries``); names are not searched for, since others may have the same.

The account's id stays, with nothing else in the account (a constraint of models/user.py ensures
it), and so do the records that refer to it.
"""
