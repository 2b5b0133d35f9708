"""Registers what an organization has, and who owns it, as other systems report it."""
