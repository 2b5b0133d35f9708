"""The order in which the audit log is followed.

Ids and times are made before the commit, so neither is an order that a reader could follow: an
event that commits late would come before events that were read already. So an event gets a
position, counted from 1 in its organization, after its commit and by whoever reads (``positions``),
and a ``cursor`` names the last position that a reader has passed.
"""
