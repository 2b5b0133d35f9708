"""Receivers on the loopback may be sent to, but where a test says otherwise."""

import pytest
from pytest_django.fixtures import Settings


@pytest.fixture(autouse=True)
def _private(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
