"""The README's way from an empty database to the first removal."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from organizations.models import Membership, Removal
from tests.processes import ROOT
from tests.production import environment, serving


@pytest.mark.django_db(transaction=True)
def test_ten_lines_lead_from_an_empty_database_to_the_first_removal(tmp_path: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme.split("### From an empty database to the first removal", 1)[1]
    shown = re.search(r"```sh\n((?:.*\n)*?)```", section)
    assert shown
    script = shown[1].replace(".venv/bin/python manage.py", f"{sys.executable} {ROOT}/manage.py")
    assert len(shown[1].splitlines()) == 10

    with serving() as server:
        done = subprocess.run(  # noqa: S603 (the README's own lines)
            ["/bin/bash", "-ec", script.replace("https://offboard.example", server.url)],
            cwd=tmp_path,
            env={"PATH": os.environ["PATH"], **environment()},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    assert done.returncode == 0, done.stderr
    assert re.search(r"^HTTP/1.1 204 No Content", done.stdout, re.MULTILINE), done.stdout
    assert Removal.objects.get().membership.user.email == "lea@acme.example"
    remaining = Membership.objects.current().values_list("user__email", flat=True)
    assert set(remaining) == {"olivia@acme.example", "mia@acme.example"}
