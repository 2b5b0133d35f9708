"""The metrics that each scrape reads from the database: the same from every process."""
