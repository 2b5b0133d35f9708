"""The metrics that are read from the database at each scrape, whichever process is asked."""
