"""The progress that commands print."""

import pytest

from organizations.models import Membership, Organization
from tests.organizations.bulk.command import run, users

pytestmark = pytest.mark.django_db


def test_the_progress_of_a_dry_run_says_what_would_be_done(
    organization: Organization,
    members: list[Membership],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("organizations.bulk.summary.SECONDS_BETWEEN_LINES", 0)
    call = users(*(member.user_id for member in members[:2]))

    for option in ("--dry-run", "--no-input"):
        run(organization, *call, option)

    assert capsys.readouterr().err.splitlines() == [
        "2 of 2 rows: 2 would be removed, 0 already removed, 0 not",
        "2 of 2 rows: 2 removed, 0 already removed, 0 not",
    ]
