"""A pytest plugin that is loaded before Django's settings, so that the tests need no variable."""

import os

os.environ.setdefault("DEBUG", "true")
