"""Sends events to webhook endpoints.

A trigger on events (`events_are_announced` in organizations/triggers.py) defers a job, which makes
a delivery for each endpoint that subscribes to them; each delivery has a job of its own.
"""
