"""Removes or restores any number of members by commands, from CSV files, with reports.

``command`` is the base of both commands: it plans, confirms, works and reports. ``csv_file`` reads
rows, and ``people`` finds and stores their accounts. ``removal``, ``schedule`` and ``restoration``
preview and do the work of a batch; ``batches`` retries it while the database is unreachable.
``report`` writes the result of each row, and ``summary`` the totals.
"""
