"""Everything at the same moment, on real connections, while somebody watches the invariants."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event as ThreadEvent

import pytest
from django.db import connections

from organizations.models import Event, Resource
from tests.proof.figures import Tally
from tests.proof.invariants import broken_invariants
from tests.proof.somebody import Somebody, World, make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("unlimited")]

THREADS = 8


@pytest.fixture
def world() -> World:
    return make_world()


def watch(until: ThreadEvent) -> int:
    """Return how often every invariant was asked for; raises AssertionError if one is broken."""
    looks = 0
    try:
        while not until.is_set():
            assert broken_invariants() == []
            looks += 1
    finally:
        connections.close_all()
    return looks


def prove(world: World, tally: Tally, *, rounds: int, steps: int) -> None:
    resources = set(Resource.objects.values_list("pk", "organization_id"))
    reported = Counter[str]()
    over = ThreadEvent()
    with ThreadPoolExecutor(THREADS + 1) as pool:
        watching = pool.submit(watch, over)
        try:
            for seed in range(rounds):
                workers = [
                    pool.submit(Somebody(world, seed * THREADS + number).work, steps)
                    for number in range(THREADS)
                ]
                for worker in workers:
                    reported += worker.result()
        finally:
            over.set()
        looks = watching.result()

    # As many events as changes that were reported, and every resource is somebody's still.
    logged = Counter(Event.objects.values_list("type", flat=True))
    updates, changes = logged.pop("member.updated"), reported.pop("member.updated")
    assert 0 < updates <= changes, "an update that changes nothing leaves no event"
    assert logged == reported
    assert set(Resource.objects.values_list("pk", "organization_id")) == resources
    assert broken_invariants() == []
    for token in world.bound:
        if token.has_ended():
            assert token.code() == "TOKEN_INVALID"
    tally("things that eight did at the same moment", rounds * steps * THREADS)
    tally("looks at every invariant meanwhile", looks)


def test_what_many_do_at_once_breaks_no_invariant(world: World, tally: Tally) -> None:
    prove(world, tally, rounds=2, steps=40)


@pytest.mark.slow
def test_what_many_do_at_once_for_long_breaks_no_invariant(world: World, tally: Tally) -> None:
    prove(world, tally, rounds=8, steps=60)
