"""The cast of the proof; what it tried, `tests/conftest.py` prints."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from pytest_django import DjangoDbBlocker
from rest_framework.throttling import SimpleRateThrottle

from tests.production import Production
from tests.proof.cast import Cast, make_cast
from tests.proof.faulty_line import FaultyLine
from tests.proof.figures import Tally
from tests.proof.scene import Scene, server_on_a_faulty_line, set_scene


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Counts what this test tries."""
    return Tally.of(request.node)


@pytest.fixture(scope="module")
def server_of_module(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[tuple[FaultyLine, Production]]:
    with django_db_blocker.unblock(), server_on_a_faulty_line() as server:
        yield server


@pytest.fixture
def scene(server_of_module: tuple[FaultyLine, Production], transactional_db: None) -> Scene:
    """A server on a faulty line, which is the module's, and an owner, who is the test's."""
    return set_scene(*server_of_module)


@pytest.fixture(scope="module")
def cast_of_module(module_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def cast(cast_of_module: Cast, db: None, unlimited: None) -> Cast:
    """Everybody who may ask, and be asked about; what a test changes in them, no other sees."""
    return deepcopy(cast_of_module)


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everybody ask as often as they like."""
    unlimited = dict.fromkeys(SimpleRateThrottle.THROTTLE_RATES)
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", unlimited)
