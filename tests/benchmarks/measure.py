"""Figures, and how they are compared: ratios of medians from one run."""

import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import psutil

MEGABYTE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Result:
    """One line of the table: what was measured, what it must reach, and what it should.

    The ratio to ``other`` is judged, or the figure itself where there is no other.
    """

    workload: str
    ours: float
    unit: str
    p95_ms: float | None = None
    other: float | None = None
    must: float | None = None
    aim: float | None = None
    at_most: bool = True  # whether the bounds are upper ones

    @property
    def ratio(self) -> float | None:
        """Ours over the other's."""
        return None if self.other is None else self.ours / self.other

    @property
    def verdict(self) -> str:
        """The best bound that it reaches, or "short"."""
        judged = self.ours if self.ratio is None else self.ratio
        for name, bound in (("aim", self.aim), ("must", self.must)):
            if bound is not None and (judged <= bound if self.at_most else judged >= bound):
                return name
        return "" if self.must is None else "short"


def of_batches(
    workload: str,
    size: int,
    times: Iterable[float],
    others: Iterable[float],
    *,
    must: float,
    aim: float | None = None,
) -> Result:
    """Compare the rates of batches of so many members, from their seconds; p95 is of a batch."""
    times = list(times)
    return Result(
        workload=workload,
        ours=size / median(times),
        unit="members/s",
        p95_ms=percentile_95(times) * 1000,
        other=size / median(others),
        must=must,
        aim=aim,
        at_most=False,
    )


def seconds(call: Callable[[], object]) -> float:
    """Return how long a call takes."""
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def percentile_95(times: Iterable[float]) -> float:
    """Return the 95th percentile."""
    ordered = sorted(times)
    return ordered[int(len(ordered) * 0.95)]


def median(times: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(times)


def held(processes: Iterable[psutil.Process]) -> float:
    """Return the memory that processes hold, in MB, and reset their peaks."""
    total = 0
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")
        total += process.memory_info().rss
    return total / MEGABYTE


def peak(processes: Iterable[psutil.Process]) -> float:
    """Return the peak memory of processes since `held`, in MB."""
    kilobytes = 0
    for process in processes:
        status = Path(f"/proc/{process.pid}/status").read_text()
        kilobytes += int(status.split("VmHWM:")[1].split()[0])
    return kilobytes / 1024


def table(results: Iterable[Result]) -> str:
    """Return the results as a table in Markdown."""
    lines = [
        "| workload | ours | p95, ms | next to | ratio | must | aim | reaches |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for r in results:
        sign = "≤" if r.at_most else "≥"
        cells = [
            r.workload,
            f"{r.ours:,.2f} {r.unit}",
            *("" if n is None else f"{n:,.2f}" for n in (r.p95_ms, r.other, r.ratio)),
            *("" if n is None else f"{sign} {n:g}" for n in (r.must, r.aim)),
            r.verdict,
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def chart(title: str, points: dict[str, float], unit: str) -> str:
    """Return bars of text, the longest for the largest."""
    largest = max(points.values())
    lines = [title]
    for name, value in points.items():
        lines.append(f"{name:>12} {'█' * round(40 * value / largest):<40} {value:.3f} {unit}")
    return "\n".join(lines)
