"""What the proof tried, counted by each test and added up at the end."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pytest

PROPERTY = "tried"
CELLS = "cells of the table of permissions"


@dataclass(frozen=True)
class Tally:
    """Counts for one test, in its report: so also what another process has tried arrives."""

    tried: dict[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, test: pytest.Item) -> "Tally":
        tally = cls()
        test.user_properties.append((PROPERTY, tally.tried))
        return tally

    def __call__(self, kind: str, number: int = 1) -> None:
        """Count so many more of a kind."""
        self.tried[kind] = self.tried.get(kind, 0) + number


def table(reports: Iterable[object]) -> list[str]:
    """Return the lines of a table in Markdown, or none if nothing was tried."""
    tests = [report for report in reports if isinstance(report, pytest.TestReport)]
    failed = {test.nodeid for test in tests if test.failed}
    tried: Counter[str] = Counter()
    failures: defaultdict[str, set[str]] = defaultdict(set)  # kind -> ids of its tests that failed
    for test in tests:
        if test.when == "call" and type(test) is pytest.TestReport:  # of the test as a whole
            counts = dict(test.user_properties).get(PROPERTY)
            for kind, number in counts.items() if isinstance(counts, dict) else ():
                tried[kind] += number
                failures[kind] |= failed & {test.nodeid}
    lines = [f"| {kind} | {tried[kind]:,} | {len(failures[kind])} |" for kind in sorted(tried)]
    return ["| tried | how many | failures |", "|---|---|---|", *lines] if lines else []
