"""What the README of the command shows is what happens."""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from organizations import sample
from tests.processes import ROOT


def test_the_dry_run_prints_the_plan_that_is_shown(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = (ROOT / "organizations/bulk/README.md").read_text(encoding="utf-8")
    file = re.search(r"```csv\n((?:.*\n)*?)```", readme)
    shown = re.search(r"```console\n\$ DEBUG=true uv run manage.py (.*)\n((?:.*\n)*?)```", readme)
    assert file
    assert shown
    sample.restore_sample()
    (tmp_path / "leavers.csv").write_text(file[1])
    monkeypatch.chdir(tmp_path)
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command(*shlex.split(shown[1]), stdout=out)

    assert out.getvalue() == shown[2]
