"""A database backend that brings its own PostgreSQL, for a first look and for the tests.

``base`` is the backend, ``server`` starts PostgreSQL, ``guardian`` stops it, and ``system_user`` is
who it runs as where we are root.
"""
