"""Adds members, and changes which roles and departments they have."""
