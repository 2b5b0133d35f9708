"""The running server does what its OpenAPI description says, whatever it is sent."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from organizations.sample import OWNER, restore_sample
from tests.production import serving, token_of
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from users.models import User

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_schemathesis_finds_no_difference(tally: Tally, tmp_path: Path) -> None:
    restore_sample()
    token = token_of(User.objects.get(pk=OWNER.id))
    # Addresses of any length: too long ones are answered by gunicorn, in words of its own.
    unlimited = ("--limit-request-line", "0")
    with serving(*unlimited, RATE_PER_TOKEN="", RATE_PER_ADDRESS="") as server:
        finished = subprocess.run(  # noqa: S603 (our own server)
            [
                Path(sys.executable).with_name("schemathesis"),
                *("--config-file", CONFIGURATION),
                *("run", f"http://127.0.0.1:{server.port}/v1/openapi.json"),
                *("--header", f"Authorization: Bearer {token}"),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert finished.returncode == 0, finished.stdout + finished.stderr
    phases = re.findall(r"(Examples|Coverage|Fuzzing) \(in", finished.stdout)
    assert phases == ["Examples", "Coverage", "Fuzzing"]
    tally("requests of schemathesis", int(re.findall(r"([\d,]+) generated", finished.stdout)[0]))
    assert broken_invariants() == []
