"""Deactivates and reactivates members, whose roles and departments have no effect in between."""
