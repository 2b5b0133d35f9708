"""What a deployment should set is named by ``check --deploy``."""

import pytest
from pytest_django import Settings

from config.checks import give_webhooks_a_key, name_a_mail_server


@pytest.mark.parametrize(
    ("key", "found"),
    [("", "WEBHOOK_KEY is not set"), ("x" * 49, "WEBHOOK_KEY is shorter"), ("x" * 50, "")],
)
def test_webhooks_have_a_key_of_their_own(settings: Settings, key: str, found: str) -> None:
    settings.WEBHOOK_KEY = key

    messages = [warning.msg for warning in give_webhooks_a_key(None)]
    assert len(messages) == bool(found)
    assert all(message.startswith(found) for message in messages)


@pytest.mark.parametrize(("sends", "found"), [(False, ["config.W002"]), (True, [])])
def test_a_mail_server_is_missed(settings: Settings, sends: bool, found: list[str]) -> None:
    settings.SENDS_MAIL = sends

    assert [warning.id for warning in name_a_mail_server(None)] == found
