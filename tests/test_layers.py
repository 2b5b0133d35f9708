"""Which folder may import which: pyproject.toml has the layers."""

import subprocess
import sys
from pathlib import Path

from django.conf import settings


def test_no_folder_imports_what_stands_above_it() -> None:
    # In a process of its own, since it silences the loggers of its process.
    linter = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run(  # noqa: S603  # our own command
        [linter, "--no-cache"], cwd=settings.BASE_DIR, capture_output=True, text=True, check=False
    )

    assert outcome.returncode == 0, outcome.stdout
