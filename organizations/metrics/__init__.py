"""The metrics that each scrape reads from the database."""
