"""A database backend that runs its own PostgreSQL, for a first look and for the tests.

``base`` is the backend; ``server`` starts and stops PostgreSQL.
"""
