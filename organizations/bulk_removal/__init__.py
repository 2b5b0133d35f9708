"""Removing any number of members from a file.

``csv_file`` reads it, ``leavers`` finds and keeps whom its rows mean, ``batches`` previews and
removes them, ``report`` and ``summary`` say what became of each and of all.
"""
