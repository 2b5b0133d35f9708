"""What the proof tried, counted as it goes."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Figures:
    """How much of each kind was tried, and which tests failed."""

    tried: Counter[str] = field(default_factory=Counter)
    tests: dict[str, set[str]] = field(default_factory=dict)  # kind -> ids of its tests
    failed: set[str] = field(default_factory=set)

    def table(self) -> list[str]:
        """Return the lines of a table in Markdown."""
        lines = ["| tried | how many | failures |", "|---|---|---|"]
        for kind, number in self.tried.items():
            failures = len(self.tests[kind] & self.failed)
            lines.append(f"| {kind} | {number:,} | {failures} |")
        return lines


@dataclass(frozen=True)
class Tally:
    """Counts for one test."""

    figures: Figures
    test: str

    def __call__(self, kind: str, number: int = 1) -> None:
        """Count so many more of a kind."""
        self.figures.tried[kind] += number
        self.figures.tests.setdefault(kind, set()).add(self.test)
