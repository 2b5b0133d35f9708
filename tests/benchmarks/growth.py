"""How the cost of one removal grows with the organization, and with what the member owns."""

from collections.abc import Iterator, Sequence
from functools import partial

from tests.benchmarks.measure import Result, median, seconds
from tests.benchmarks.service import remove_by_service
from tests.benchmarks.world import make_organization


def by_size_of_organization(sizes: Sequence[int], rounds: int) -> Iterator[tuple[str, float]]:
    """The time of one removal in organizations of these sizes, in ms."""
    worlds = [make_organization(max(size, 10), resources=5) for size in sizes]
    small = [make_organization(10, resources=5) for _ in range(rounds // 8)]
    times: dict[int, list[float]] = {size: [] for size in sizes}
    takers = [iter(world.user_ids) for world in worlds]
    tens = iter([(world, user) for world in small for user in world.user_ids[:8]])
    for _ in range(rounds):
        for size, world, taker in zip(sizes, worlds, takers, strict=True):
            place, user = next(tens, (world, "")) if size == min(sizes) else (world, next(taker))
            if user:
                took = seconds(partial(remove_by_service, place, [user]))
                times[size].append(took * 1000)
    for size in sizes:
        yield f"{size:,}", median(times[size])


def by_resources(numbers: Sequence[int], rounds: int) -> Iterator[tuple[str, float]]:
    """The time per resource of a removal that moves so many, in ms."""
    for number in numbers:
        world = make_organization(rounds + 2, resources=number)
        times = [seconds(partial(remove_by_service, world, [user])) for user in world.user_ids]
        yield f"{number:,}", median(times[2:]) * 1000 / number


def of(sizes: dict[str, float], workload: str, unit: str, must: float, aim: float) -> Result:
    """Compare the largest with the smallest."""
    (smallest, first), *_, (largest, last) = sizes.items()
    name = f"{workload}, {largest} next to {smallest}"
    return Result(name, last, first, unit, last / first, must, aim, at_most=True)
