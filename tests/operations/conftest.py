"""The cast of the tests of operations."""

from collections.abc import Iterator

import pytest
from django.db import connection

from tests.processes import url_of_test_database


@pytest.fixture
def database(transactional_db: None) -> Iterator[str]:
    """The address of an empty database."""
    name = f"{connection.settings_dict['NAME']}_old"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}"')
    try:
        yield f"{url_of_test_database()}_old"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')
