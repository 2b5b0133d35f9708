"""Upgrades a database as an operator does it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.processes import ROOT, url_of_test_database
from tests.production import environment


def migrate(database: str, *target: str) -> str:
    """Migrate the database at this address; return what is printed."""
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "manage.py", "migrate", *target],
        cwd=ROOT,
        env=environment() | {"DATABASE_URL": database},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@contextmanager
def empty_database(suffix: str, *, template: str = "template1") -> Iterator[str]:
    """Return the address of a database beside that of the test: empty, or a copy of another."""
    name = f"{connection.settings_dict['NAME']}_{suffix}"
    with connection.cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    try:
        yield f"{url_of_test_database()}_{suffix}"
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'DROP DATABASE "{name}"')
