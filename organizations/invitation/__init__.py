"""Adds somebody by an e-mail address, and tells them by mail."""
