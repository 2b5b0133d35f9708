"""What the README shows is what happens."""

import re
import shlex
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from organizations import sample
from tests.processes import ROOT

README = ROOT / "organizations/bulk/README.md"


def sample_file(header: str, folder: Path) -> Path:
    """Write the file of the README that begins with this header; return its path."""
    shown = re.search(rf"```csv\n({header}\n(?:.*\n)*?)```", README.read_text(encoding="utf-8"))
    assert shown
    path = folder / "sample.csv"
    path.write_text(shown[1])
    return path


def test_the_dry_run_prints_the_plan_that_is_shown(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    readme = README.read_text(encoding="utf-8")
    file = re.search(r"```csv\n((?:.*\n)*?)```", readme)
    shown = re.search(
        r"```console\n\$ DEBUG=true .venv/bin/python manage.py (.*)\n((?:.*\n)*?)```", readme
    )
    assert file
    assert shown
    sample.restore_sample()
    (tmp_path / "leavers.csv").write_text(file[1])
    monkeypatch.chdir(tmp_path)
    out = StringIO()

    with pytest.raises(SystemExit):
        call_command(*shlex.split(shown[1]), stdout=out)

    assert out.getvalue() == shown[2]


@pytest.mark.parametrize(
    ("command", "header", "shown"),
    [
        (
            "remove_members",
            "email,transfer_to,transfer_to:repository",
            "  8 pass to dept_eng001\n  4 pass to usr_member1\n",
        ),
        ("import_resources", "type,external_id,name,owner,url", "Would create: 2\n"),
    ],
    ids=["types", "resources"],
)
def test_another_file_that_is_shown_does_what_is_said(
    db: None, tmp_path: Path, command: str, header: str, shown: str
) -> None:
    file = sample_file(header, tmp_path)
    sample.restore_sample()
    out = StringIO()

    call_command(
        *(command, sample.ORGANIZATION_ID, "--from-file", str(file), "--dry-run"), stdout=out
    )

    assert shown in out.getvalue()
