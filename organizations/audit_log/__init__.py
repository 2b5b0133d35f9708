"""Orders the audit log for readers who follow it.

Ids and times are made before the commit, so a reader cannot follow either: an event that commits
late would sort before events that were read already. So the reader gives each committed event a
position, counted from 1 in its organization (``positions``), and a ``cursor`` names the last one
read.
"""
