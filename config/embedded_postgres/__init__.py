"""A database backend with a PostgreSQL of its own, for a first look and for the tests.

``base`` is the backend; ``server`` starts and stops PostgreSQL.
"""
