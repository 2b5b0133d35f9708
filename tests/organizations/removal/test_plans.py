"""A removal reads what it is about, however large the tables are and whatever is known of them."""

import pytest
from django.db import connection

from organizations.models import Source
from organizations.removal.service import remove_members
from tests.benchmarks.world import make_organization
from tests.callers import CallerWith
from tests.sequential_scans import MANY, rows_read, tables_read_whole


@pytest.mark.parametrize("statistics", ["fresh", "stale"])
def test_no_large_table_is_read_whole_for_one_or_for_some(db: None, statistics: str) -> None:
    make_organization(50, roles=1, departments=1, resources=1)
    world = make_organization(
        MANY, roles=1, departments=1, resources=1, analyze=statistics == "fresh"
    )
    before = tables_read_whole()

    for leavers in (world.user_ids[:1], world.user_ids[1:11]):
        outcomes = remove_members(
            world.organization_id,
            leavers,
            transfer_to=world.department_id,
            caller=CallerWith(source=Source.API),
        )

        assert all(outcome.removal_id for outcome in outcomes)
        assert tables_read_whole() == before


def test_the_record_of_a_membership_is_not_looked_for_among_all_of_the_organization(
    db: None,
) -> None:
    """As the database asks when a membership ends, while it knows nothing of the table yet."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE record (LIKE organizations_removal INCLUDING ALL)")
        cursor.execute(
            "EXPLAIN SELECT FROM record WHERE organization_id = 'org_1' AND membership_id = 1"
            " AND membership_is_current = true FOR KEY SHARE"
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert "membership_id = 1" in plan.split("Index Cond:")[1].splitlines()[0]


def test_the_marks_of_other_removals_are_not_read(db: None) -> None:
    """Also by a plan of when there were none."""
    world = make_organization(1100, roles=1, departments=1, resources=1)

    def remove(*user_ids: str) -> int:
        before = rows_read("organizations_resource")
        remove_members(
            world.organization_id,
            user_ids,
            transfer_to=world.department_id,
            caller=CallerWith(source=Source.API),
        )
        return rows_read("organizations_resource") - before

    first = remove(world.user_ids[0])
    remove(*world.user_ids[1:1000])

    assert remove(world.user_ids[1000]) == first
