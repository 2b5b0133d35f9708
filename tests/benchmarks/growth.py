"""Measures how the cost of a removal grows with the organization and with what the member owns."""

from collections.abc import Iterator, Sequence
from functools import partial
from random import Random

from tests.benchmarks.measure import Result, median, percentile_95, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import make_organization


def by_size_of_organization(sizes: Sequence[int], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """The times of one removal in organizations of these sizes, in ms."""
    worlds = [make_organization(max(size, 10), resources=5) for size in sizes]
    small = [make_organization(10, resources=5) for _ in range(rounds // 8)]
    times: dict[int, list[float]] = {size: [] for size in sizes}
    # At random: neighbors lie on the same pages.
    takers = [
        iter(Random(0).sample(world.user_ids, min(rounds, len(world.user_ids))))  # noqa: S311 (no secret)
        for world in worlds
    ]
    tens = iter([(world, user) for world in small for user in world.user_ids[:8]])
    for _ in range(rounds):
        for size, world, taker in zip(sizes, worlds, takers, strict=True):
            place, user = next(tens, (world, "")) if size == min(sizes) else (world, next(taker))
            if user:
                took = seconds(partial(remove_by_service, place, [user]))
                times[size].append(took * 1000)
    for size in sizes:
        yield f"{size:,}", times[size]


def by_resources(numbers: Sequence[int], rounds: int) -> Iterator[tuple[str, list[float]]]:
    """The times per resource of a removal that moves so many, in ms."""
    for number in numbers:
        world = make_organization(rounds + 2, resources=number)
        times = [seconds(partial(remove_by_service, world, [user])) for user in world.user_ids]
        yield f"{number:,}", [took * 1000 / number for took in times[2:]]


def of(times: dict[str, list[float]], workload: str, *, must: float, aim: float | None) -> Result:
    """Compare the largest with the smallest."""
    smallest, *_, largest = times
    return Result(
        workload=f"{workload}, {largest} next to {smallest}",
        ours=median(times[largest]),
        unit="ms",
        p95_ms=percentile_95(times[largest]),
        other=median(times[smallest]),
        must=must,
        aim=aim,
    )
