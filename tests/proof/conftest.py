"""Counts what is tried, and prints it as the table of the README's section on trust."""

from collections.abc import Generator, Iterator

import pytest
from rest_framework.throttling import SimpleRateThrottle

from tests.proof.cast import Cast, make_cast
from tests.proof.figures import Figures, Tally
from tests.proof.scene import Scene, scene_of_faults

FIGURES = pytest.StashKey[Figures]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[FIGURES] = Figures()


@pytest.fixture
def tally(request: pytest.FixtureRequest) -> Tally:
    """Counts what this test tries."""
    return Tally(request.config.stash[FIGURES], request.node.nodeid)


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


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        item.config.stash[FIGURES].failed.add(report.nodeid)
    return report


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    if config.stash[FIGURES].tried:
        terminalreporter.section("what was tried")
        for line in config.stash[FIGURES].table():
            terminalreporter.write_line(line)
