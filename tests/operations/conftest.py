"""Fixtures of the tests of operations."""

from collections.abc import Iterator

import pytest

from tests.operations.upgrades import empty_database


@pytest.fixture
def database(transactional_db: None) -> Iterator[str]:
    """The address of an empty database."""
    with empty_database("empty") as address:
        yield address
