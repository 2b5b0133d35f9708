"""The pages of the admin where there are very many members."""

from collections.abc import Iterator

from django.test import Client
from structlog.testing import capture_logs

from organizations.models import Membership
from tests.benchmarks.measure import Result, median, percentile_95, seconds
from tests.benchmarks.world import World
from users.models import User


def pages(world: World) -> Iterator[Result]:
    """The first page, the list of members and the confirmation where there are so many."""
    members = len(world.user_ids)
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(User.objects.create_superuser("admin@example.com"))
    list_of_members = "/admin/organizations/membership/"
    member = Membership.objects.get(user=world.user_ids[members // 2])
    start = {"action": "removal", "_selected_action": [str(member.pk)]}

    def show_first_page() -> None:
        if client.get("/admin/", secure=True).status_code != 200:
            raise RuntimeError("the first page is not shown")

    def show_list() -> None:
        if client.get(list_of_members, secure=True).status_code != 200:
            raise RuntimeError("the list is not shown")

    def show_confirmation() -> None:
        if client.post(list_of_members, start, follow=True, secure=True).status_code != 200:
            raise RuntimeError("the confirmation is not shown")

    for name, show in (
        ("first page", show_first_page),
        ("list of members", show_list),
        ("confirmation", show_confirmation),
    ):
        with capture_logs():
            times = [seconds(show) for _ in range(22)][2:]
        yield Result(
            workload=f"admin, {name}, at {members:,} memberships",
            ours=median(times),
            unit="s",
            p95_ms=percentile_95(times) * 1000,
            must=0.3,
            aim=0.1,
        )
