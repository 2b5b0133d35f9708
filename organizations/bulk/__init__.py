"""Adds, removes or restores any number of members by commands, from CSV files, with reports.

``command`` is the base of the commands: it plans, confirms, works and reports. ``csv_file`` reads
rows and ``stored_rows`` keeps them; ``people`` and ``joiners`` find the accounts that they name.
``addition``, ``removal``, ``schedule``, ``restoration`` and ``resources`` preview and do the work
of a batch; ``batches`` retries it while the database is unreachable. ``report`` writes the result
of each row, and ``summary`` the totals.
"""
