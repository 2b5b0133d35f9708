"""Takes a person's data out of the application, for good.

What stays is the account's id with nothing in it (a constraint of models/user.py keeps it so), and
the records that name it; of their reasons those stay that nobody chose to empty (``reasons``).
"""
