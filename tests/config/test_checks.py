"""``check --deploy`` names what a deployment should set."""

from pathlib import Path

import pytest
from pytest_django import Settings

from config.checks import collect_static_files, give_webhooks_a_key, name_a_mail_server


@pytest.mark.parametrize(
    ("key", "found"),
    [("", "WEBHOOK_KEY is not set"), ("x" * 49, "WEBHOOK_KEY is shorter"), ("x" * 50, "")],
)
def test_webhooks_have_a_key_of_their_own(settings: Settings, key: str, found: str) -> None:
    settings.WEBHOOK_KEY = key

    messages = [warning.msg for warning in give_webhooks_a_key()]
    assert len(messages) == bool(found)
    assert all(message.startswith(found) for message in messages)


@pytest.mark.parametrize(("sends", "found"), [(False, ["config.W002"]), (True, [])])
def test_a_missing_mail_server_is_named(settings: Settings, sends: bool, found: list[str]) -> None:
    settings.SENDS_MAIL = sends

    assert [warning.id for warning in name_a_mail_server()] == found


def test_static_files_that_were_not_collected_are_named(settings: Settings, tmp_path: Path) -> None:
    settings.DEBUG, settings.STATIC_ROOT = False, str(tmp_path)
    assert [warning.id for warning in collect_static_files()] == ["config.W003"]

    (tmp_path / "staticfiles.json").write_text("{}")

    assert collect_static_files() == []
