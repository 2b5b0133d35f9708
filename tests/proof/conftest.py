"""The cast of the proof; what it tried, `tests/conftest.py` prints."""

from collections.abc import Iterator

import pytest
from rest_framework.throttling import SimpleRateThrottle

from tests.proof.cast import Cast, make_cast
from tests.proof.figures import Tally
from tests.proof.scene import Scene, scene_of_faults


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Counts what this test tries."""
    return Tally.of(request.node)


@pytest.fixture
def scene() -> Iterator[Scene]:
    """A server on a faulty line."""
    with scene_of_faults() as scene:
        yield scene


@pytest.fixture
def cast(db: None, unlimited: None) -> Cast:
    """Everybody who may ask, and be asked about."""
    return make_cast()


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody ask as often as they like."""
    unlimited = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", unlimited)
