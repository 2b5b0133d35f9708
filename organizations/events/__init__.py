"""The log of changes, and the webhooks that carry it out.

Whoever inserts events defers a job (`events_are_announced` in organizations/triggers.py), which
makes a delivery for each endpoint that wants to hear of them; each delivery is a job of its own.
"""
