"""Django's PostgreSQL backend with its pool, for production.

Its connections are seen to be alive without a statement, which each request would wait for.
"""
