"""What the README shows is what happens."""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from organizations import sample
from tests.processes import ROOT

LEAVERS = """email,transfer_to
leaver@acme.example,dept_eng001
mia@acme.example,
owner@acme.example,
nobody@acme.example,
"""


def test_the_dry_run_prints_the_plan_that_is_shown(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```console\n\$ uv run manage.py (.*)\n((?:.*\n)*?)```", readme)
    assert shown
    sample.restore_sample()
    (tmp_path / "leavers.csv").write_text(LEAVERS)
    monkeypatch.chdir(tmp_path)
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command(*shlex.split(shown[1]), stdout=out)

    assert out.getvalue() == shown[2]
