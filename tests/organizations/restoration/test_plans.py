"""How PostgreSQL goes about a restoration where there is much."""

from organizations.models import Membership
from tests.benchmarks.world import make_organization
from tests.organizations.restoration.verbs import preview, restore, restored
from tests.removals import remove
from tests.sequential_scans import MANY, analyze, tables_read_whole


def test_no_large_table_is_read_whole_for_one_or_for_some(db: None) -> None:
    # PostgreSQL always expects some two hundred resources: of few, reading all would be as good.
    world = make_organization(MANY, roles=1, departments=1, resources=3)
    members = list(
        Membership.objects.filter(
            organization=world.organization_id, user__in=world.user_ids[:1000]
        )
    )
    remove(*members, transfer_to=world.department_id)
    analyze()
    before = tables_read_whole()

    for some in (members[:1], members[1:11]):
        previews = preview(*some)
        outcomes = restore(*some)

        assert [restored(outcome).resource_count for outcome in outcomes] == [3] * len(some)
        assert [restored(outcome).resource_count for outcome in previews] == [3] * len(some)
        assert tables_read_whole() == before
