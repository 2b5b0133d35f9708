"""Which folder may import which: pyproject.toml has the layers."""

import pytest
from django.conf import settings
from importlinter.cli import lint_imports


def test_no_folder_imports_what_stands_above_it(capsys: pytest.CaptureFixture[str]) -> None:
    status = lint_imports(str(settings.BASE_DIR / "pyproject.toml"), no_cache=True, no_logo=True)

    assert status == 0, capsys.readouterr().out
