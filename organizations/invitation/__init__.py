"""Adds members by e-mail address, and tells them by mail."""
