"""What the README of the command shows is what happens."""

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


def test_one_type_passes_to_whom_its_column_names(db: None, tmp_path: Path) -> None:
    leavers = sample_file("email,transfer_to,transfer_to:repository", tmp_path)
    sample.restore_sample()
    out = StringIO()

    call_command(
        *("remove_members", sample.ORGANIZATION_ID, "--from-file", str(leavers), "--dry-run"),
        stdout=out,
    )

    assert "  8 pass to dept_eng001\n  4 pass to usr_member1\n" in out.getvalue()


def test_the_resources_of_the_file_are_made(db: None, tmp_path: Path) -> None:
    resources = sample_file("type,external_id,name,owner,url", tmp_path)
    sample.restore_sample()
    out = StringIO()

    call_command(
        *("import_resources", sample.ORGANIZATION_ID, "--from-file", str(resources), "--dry-run"),
        stdout=out,
    )

    assert "Would create: 2\n" in out.getvalue()
