"""Settings that contradict one another are named before anybody is served."""

import pytest
from pytest_django import Settings

from config.checks import count_the_proxies, give_webhooks_a_key, name_a_mail_server

PROTOCOL = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("proxy", "number", "found"),
    [(PROTOCOL, 0, ["config.E001"]), (PROTOCOL, 1, []), (None, 0, []), (None, 1, ["config.E002"])],
)
def test_a_proxy_in_front_is_counted(
    settings: Settings, proxy: tuple[str, str] | None, number: int, found: list[str]
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = proxy
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": number}

    assert [error.id for error in count_the_proxies(None)] == found


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
