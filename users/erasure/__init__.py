"""Takes a person's data out of the application, for good."""
