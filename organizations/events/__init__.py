"""Sends events to webhook endpoints.

Whoever inserts events defers a job (`events_are_announced` in organizations/triggers.py), which
makes a delivery for each endpoint that subscribes to them; each delivery is a job of its own.
"""
