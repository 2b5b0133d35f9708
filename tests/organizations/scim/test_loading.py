"""The protocol takes memory only where a directory is connected."""

import pytest

from tests.processes import running
from tests.production import environment

WORKER = "from procrastinate.contrib.django import app; app.perform_import_paths()"
LOOK = "import sys; print('loaded', sorted(m for m in sys.modules if m.startswith('scim2_')))"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "start",
    ["import config.wsgi", f"import config.wsgi; {WORKER}"],
    ids=["server", "worker"],
)
def test_no_process_loads_it_at_its_start(start: str) -> None:
    with running("-c", f"{start}; {LOOK}", environment=environment()) as program:
        assert program.until(r"loaded (.*)")[1] == "[]"
