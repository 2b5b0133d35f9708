"""Rates that are counted in Redis, for all processes together, as long as there is one."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.cache import cache
from django.test import override_settings
from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as NotThereYet
from redis.retry import Retry
from rest_framework.test import APIClient
from structlog.testing import capture_logs

from config.api.throttling import AddressRateThrottle, RateThrottle
from tests.processes import free_port

pytestmark = pytest.mark.django_db

PATH = "/v1/organizations/org_1/users/usr_1"


@pytest.fixture(autouse=True)
def _limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "2/min", raising=False)
    monkeypatch.setattr(RateThrottle, "_uncounted_until", 0)


@pytest.fixture
def port() -> Iterator[int]:
    """A port whose Redis counts, once there is one."""
    port = free_port()
    redis = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": f"redis://127.0.0.1:{port}/0",
        "OPTIONS": {"socket_connect_timeout": 0.5, "socket_timeout": 0.5},
    }
    with override_settings(CACHES={"default": redis}):
        yield port


@pytest.fixture
def redis(port: int, tmp_path: Path) -> Iterator[None]:
    """Debian's Redis; where there is none, the tests that need it are skipped."""
    path = shutil.which("redis-server")
    if path is None:
        pytest.skip("no Redis is installed (Debian package: redis-server)")
    with subprocess.Popen(  # noqa: S603 (Redis)
        [path, "--port", str(port), "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL
    ) as server:
        patient = Retry(ConstantBackoff(0.05), 200, supported_errors=(NotThereYet,))
        with Redis(port=port, retry=patient) as client:
            client.ping()
        yield
        cache.close()
        server.terminate()


def answers(number: int) -> list[int]:
    return [APIClient().delete(PATH).status_code for _ in range(number)]


def test_requests_are_counted(redis: None) -> None:
    assert answers(3) == [401, 401, 429]


def test_without_it_every_request_passes_and_one_line_says_so(port: int) -> None:
    with capture_logs() as logged:
        assert answers(4) == [401] * 4

    assert [line["event"] for line in logged if line["log_level"] == "error"] == ["rates_uncounted"]


def test_what_is_away_is_asked_again_after_a_minute(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers(1)
    monkeypatch.setattr(
        "config.api.throttling.RateThrottle._uncounted_until",
        RateThrottle._uncounted_until - RateThrottle.SECONDS_UNCOUNTED,
    )

    with capture_logs() as logged:
        answers(1)

    assert "rates_uncounted" in {line["event"] for line in logged}
