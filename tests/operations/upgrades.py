"""Upgrades a database as an operator does it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.processes import ROOT, url_of_test_database
from tests.production import environment

MIGRATE = """
import ast, sys, django
django.setup()
from django.core.management import call_command
for target in ast.literal_eval(sys.argv[1]):
    call_command("migrate", *target)
"""


def migrate(database: str, *targets: tuple[str, ...]) -> str:
    """Migrate the database at this address to each of these, or to all; return what is printed."""
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", MIGRATE, repr(targets or ((),))],
        cwd=ROOT,
        env=environment() | {"DATABASE_URL": database, "DJANGO_SETTINGS_MODULE": "config.settings"},
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
