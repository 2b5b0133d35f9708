"""Figures, and how they are compared: ratios of medians from one run."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """One line of the table: what was measured, next to what, and what was promised."""

    workload: str
    ours: float
    other: float
    unit: str
    ratio: float
    must: float
    aim: float
    at_most: bool  # whether the ratio is to stay below, or to get above
    p95: float | None = None

    @property
    def verdict(self) -> str:
        """Whether it reaches the aim, what it must, or neither."""
        for name, bound in (("aim", self.aim), ("must", self.must)):
            if self.ratio <= bound if self.at_most else self.ratio >= bound:
                return name
        return "short"


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def percentile_95(times: Iterable[float]) -> float:
    """Return what 95 of 100 stay below."""
    ordered = sorted(times)
    return ordered[int(len(ordered) * 0.95)]


def median(times: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(times)


def table(results: Iterable[Result]) -> str:
    """Return the results as a table in Markdown."""
    lines = [
        "| workload | ours | p95 | next to | ratio | must | aim | reaches |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        sign = "≤" if r.at_most else "≥"
        p95 = f"{r.p95:,.2f}" if r.p95 is not None else ""
        lines.append(
            f"| {r.workload} | {r.ours:,.2f} {r.unit} | {p95} | {r.other:,.2f} {r.unit} |"
            f" {r.ratio:.2f} | {sign} {r.must:g} | {sign} {r.aim:g} | {r.verdict} |"
        )
    return "\n".join(lines)


def chart(title: str, points: dict[str, float], unit: str) -> str:
    """Return bars of text, the longest for the largest."""
    largest = max(points.values())
    lines = [title]
    for name, value in points.items():
        lines.append(f"{name:>12} {'█' * round(40 * value / largest):<40} {value:.3f} {unit}")
    return "\n".join(lines)
