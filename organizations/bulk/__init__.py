"""Removing any number of members, and restoring them: files in, reports out.

``command`` is what the two commands share: the plan, the question, the progress, the end.
``people`` finds and keeps whom the rows mean, which ``csv_file`` reads. ``removal`` and
``restoration`` say what becomes of a batch of them, ``batches`` tries each until it is done, and
``report`` and ``summary`` say what became of each row and of all.
"""
