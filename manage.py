#!/usr/bin/env python
"""Django's command-line entry point."""

import os
import sys
from io import TextIOWrapper

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError


def main() -> None:
    """Run the management command that the arguments name."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    if isinstance(sys.stdout, TextIOWrapper):
        # What the terminal's encoding lacks is escaped, as Python does it on standard error.
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.argv[1:2] == ["demo"]:
        # A first look needs no variable, and its webhooks go to this machine.
        os.environ.setdefault("DEBUG", "true")
        os.environ.setdefault("WEBHOOK_ALLOW_PRIVATE", "true")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}\nSettings: config/README.md. With DEBUG=true none is required.")
    except OperationalError as error:  # such as a wrong password or a lock timeout
        if "--traceback" in sys.argv:
            raise
        sys.exit(f"The database failed: {' '.join(str(error).split())}")


if __name__ == "__main__":
    main()
