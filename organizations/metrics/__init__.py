"""The metrics that are read in the database, at each scrape and by whichever process."""
