"""The protocol is loaded by those alone who serve a directory."""

import subprocess
import sys

from config.settings import BASE_DIR

SERVER = """
import sys

import config.wsgi
from django.urls import resolve

resolve("/scim/v2/organizations/org_1/Users")
print(sorted(name for name in ("pydantic", "scim2_models", "scim2_server") if name in sys.modules))
"""


def test_a_server_has_not_loaded_the_protocol_before_a_directorys_first_request() -> None:
    done = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", SERVER], cwd=BASE_DIR, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines()[-1] == "[]"
