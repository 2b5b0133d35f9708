"""Makes, changes and deletes roles."""
