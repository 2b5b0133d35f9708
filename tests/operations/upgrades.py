"""Upgrades a database as an operator does it."""

import subprocess
import sys

from tests.processes import ROOT
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
