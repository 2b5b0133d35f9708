"""Settings that contradict one another are named before anybody is served."""

import pytest
from pytest_django import Settings

from config.checks import count_the_proxies

PROTOCOL = ("HTTP_X_FORWARDED_PROTO", "https")


@pytest.mark.parametrize(
    ("proxy", "number", "found"),
    [(PROTOCOL, 0, ["config.E001"]), (PROTOCOL, 1, []), (None, 0, []), (None, 1, [])],
)
def test_a_proxy_in_front_is_counted(
    settings: Settings, proxy: tuple[str, str] | None, number: int, found: list[str]
) -> None:
    settings.SECURE_PROXY_SSL_HEADER = proxy
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": number}

    assert [error.id for error in count_the_proxies(None)] == found
