"""Makes, changes and deletes departments."""
