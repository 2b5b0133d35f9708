"""Very many removals that are due at the same minute, while requests are served."""

import pytest
from django.utils import timezone

from organizations.models import Membership, Removal, ScheduledRemoval, Source
from organizations.schedule.due import carry_out_due
from tests.benchmarks.world import make_organization
from tests.concurrency import in_background
from tests.production import serving

DUE = 2_000


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_requests_are_served_while_very_many_removals_are_due() -> None:
    world = make_organization(DUE, roles=1, departments=1, resources=1)
    members = Membership.objects.filter(organization=world.organization_id, user__in=world.user_ids)
    now = timezone.now()
    ScheduledRemoval.objects.bulk_create(
        (
            ScheduledRemoval(
                organization_id=world.organization_id,
                membership=member,
                remove_at=now,
                transferred_to_id=world.department_id,
                source=Source.COMMAND,
            )
            for member in members
        ),
        batch_size=1000,
    )
    path = f"/v1/organizations/{world.organization_id}/users"
    statuses = []

    with (
        serving(RATE_PER_TOKEN="", RATE_PER_ADDRESS="") as server,
        in_background(carry_out_due) as carrying_out,
    ):
        while not carrying_out.done():
            statuses.append(server.ask("GET", path, token=world.token).status)
        carrying_out.result()

    assert Removal.objects.count() == DUE
    assert ScheduledRemoval.objects.filter(status="done").count() == DUE
    assert set(statuses) == {200}
