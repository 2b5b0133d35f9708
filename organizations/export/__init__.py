"""Records of removals and events as CSV files, for the API and the admin."""
