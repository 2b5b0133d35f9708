"""What passes on, and comes back, takes time in proportion, also by a plan made for one."""

from functools import partial

import pytest
from django.db import connection

from organizations.models import Membership, Organization, Resource
from tests.factories import MembershipFactory
from tests.organizations.restoration.verbs import restore
from tests.processor_time import of_both
from tests.removals import remove

MANY = 10_000
# What PostgreSQL takes the tables for: their rows and their pages. Unknown is -1.
KNOWN = """
    UPDATE pg_class SET reltuples = %s, relpages = %s WHERE relname LIKE 'organizations\\_%%'
"""


def make(organization: Organization, owner: Membership, number: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO organizations_resource (id, organization_id, owner_id, name)"
            " SELECT 'res_' || %s || 'x' || n, %s, %s, 'thing' FROM generate_series(1, %s) AS n",
            [f"{owner.user_id[4:]}x{number}", organization.pk, owner.user_id, number],
        )


@pytest.mark.parametrize("warm", [True, False])
def test_ten_times_as_many_resources_take_about_ten_times_as_long(
    organization: Organization, owner: Membership, warm: bool
) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)

    def pass_on(number: int) -> float:
        make(organization, first, number)
        return of_both(
            lambda: Resource.objects.owned_by(first.user_id).update(owner=second.user_id)
        )

    if warm:
        for number in range(1, 8):
            pass_on(number)

    few, many = pass_on(MANY // 10), pass_on(MANY)

    assert many < 40 * few


def test_the_restoration_of_a_chain_of_removals_grows_in_proportion(
    organization: Organization, owner: Membership
) -> None:
    """Also while PostgreSQL takes the tables for empty, as after a mass deletion and VACUUM."""
    chain = MembershipFactory.create_batch(2, organization=organization)
    first, second = chain

    def there_and_back(number: int) -> float:
        with connection.cursor() as cursor:
            make(organization, first, number)
            cursor.execute(KNOWN, [-1, 0])
            remove(first, transfer_to=second.user_id)
            remove(second, transfer_to=owner.user_id)
            cursor.execute(KNOWN, [0, 1])
        return of_both(partial(restore, *chain))

    there_and_back(1)
    few, many = (there_and_back(number) for number in (MANY // 40, MANY // 4))

    assert Resource.objects.owned_by(first.user_id).count() == 1 + MANY // 40 + MANY // 4
    assert many < 12 * few


def test_the_restoration_of_many_removals_grows_in_proportion(
    organization: Organization, owner: Membership
) -> None:
    """Also while PostgreSQL knows nothing of the tables, as just after a mass removal."""

    def there_and_back(number: int) -> float:
        leavers = MembershipFactory.create_batch(number, organization=organization)
        for leaver in leavers:
            make(organization, leaver, 3)
        with connection.cursor() as cursor:
            cursor.execute(KNOWN, [-1, 0])
            cursor.execute("SET LOCAL jit = off")  # a constant time, which hides what grows
        remove(*leavers, transfer_to=owner.user_id)
        return of_both(partial(restore, *leavers))

    there_and_back(1)
    few, many = (there_and_back(number) for number in (MANY // 100, MANY // 10))

    assert many < 25 * few
