"""The audit log in the order in which it is followed.

Ids and times are made before the commit, so neither is an order that a reader could go by: what
commits late would stand before what was read already. Here an event gets its place, a position
counted from 1 in its organization, after its commit and from whoever reads (``positions``), and a
``cursor`` names the last position that a reader has passed.
"""
