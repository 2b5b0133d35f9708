"""A database backend that brings its own PostgreSQL, for a first look and for the tests.

``base`` is the backend, and ``server`` starts and stops PostgreSQL.
"""
