"""Connections of systems: made, given tokens, listed and revoked."""
