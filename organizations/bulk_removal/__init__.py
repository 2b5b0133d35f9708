"""Removing any number of members from a file: reading it, the plan, the batches, the report."""
