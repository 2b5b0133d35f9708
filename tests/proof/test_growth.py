"""Ten times as many members at once take about as long as ten times a few, without statistics.

It is the processor time of PostgreSQL's own process, so a busy machine matters little.
"""

import statistics
from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from organizations.guards.caller import Operator
from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, ResourceType, RoleAssignment
from organizations.resources.registration import Registration
from organizations.resources.service import register
from tests.benchmarks.world import make_organization
from tests.deactivations import deactivate
from tests.factories import MembershipFactory
from tests.organizations.restoration.verbs import restore
from tests.processor_time import of_database
from tests.removals import remove

pytestmark = pytest.mark.django_db(transaction=True)

FEW = 200
Act = Callable[[], object]


def members(number: int, *, roles: int = 1, resources: int = 1) -> list[Membership]:
    """Return so many members of a new organization; no table has statistics of them."""
    world = make_organization(
        number, roles=roles, departments=1, resources=resources, analyze=False
    )
    return list(
        Membership.objects.filter(
            organization=world.organization_id, user__in=world.user_ids
        ).order_by("pk")
    )


def heirs(leavers: list[Membership], others: list[Membership]) -> dict[str, str]:
    return {a.user_id: b.user_id for a, b in zip(leavers, others, strict=True)}


def deactivating_for_an_heir_each(number: int) -> Act:
    everybody = members(2 * number)
    leavers, others = everybody[:number], everybody[number:]
    return lambda: deactivate(*leavers, transfer_to=heirs(leavers, others))


def restoring_from_an_heir_each(number: int) -> Act:
    everybody = members(2 * number)
    leavers, others = everybody[:number], everybody[number:]
    remove(*leavers, transfer_to=heirs(leavers, others))
    return lambda: restore(*leavers)


def restoring_chains(number: int) -> Act:
    everybody = members(3 * number)
    first, second, third = (everybody[n::3] for n in range(3))
    remove(*first, transfer_to=heirs(first, second))
    remove(*second, transfer_to=heirs(second, third))
    return lambda: restore(*first, *second)


def removing_one_by_type(number: int) -> Act:
    leaver, one, other = members(3, resources=number)
    ResourceType.objects.ensure(leaver.organization_id, ["document"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE organizations_resource SET type = 'document'"
            " WHERE owner_id = %s AND hashtext(id) %% 2 = 0",
            [leaver.user_id],
        )
    targets = Targets(one.user_id, {"document": other.user_id})
    return lambda: remove(leaver, transfer_to=targets)


def restoring_one_by_type(number: int) -> Act:
    leaver, one, other = members(3, resources=number)
    remove(leaver, transfer_to=Targets(one.user_id, {"document": other.user_id}))
    return lambda: restore(leaver)


def giving_the_owner_role(number: int) -> Act:
    everybody = members(number, roles=0, resources=0)
    role = everybody[0].organization.roles.get(is_owner=True)
    return lambda: RoleAssignment.objects.bulk_create(
        RoleAssignment(organization=role.organization, membership=member, role=role)
        for member in everybody
    )


def deactivating_owners(number: int) -> Act:
    everybody = members(number, roles=0, resources=0)
    role = everybody[0].organization.roles.get(is_owner=True)
    RoleAssignment.objects.bulk_create(
        RoleAssignment(organization=role.organization, membership=member, role=role)
        for member in everybody
    )
    return lambda: deactivate(*everybody)


SET_ON_EACH_TABLE = """
    DO $$
    DECLARE
        one regclass;
    BEGIN
        FOR one IN
            SELECT oid FROM pg_class
            WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
        LOOP
            EXECUTE 'ALTER TABLE ' || one || ' {}';
        END LOOP;
    END $$
"""


@pytest.fixture
def never_analysed(transactional_db: None) -> Iterator[None]:
    """Have tables empty and without statistics, as after the first migration, till the end."""
    with connection.cursor() as cursor:
        cursor.execute(SET_ON_EACH_TABLE.format("SET (autovacuum_enabled = off)"))
        cursor.execute("TRUNCATE users_user, organizations_organization CASCADE")
        cursor.execute(
            "DELETE FROM pg_statistic USING pg_class WHERE pg_class.oid = starelid"
            " AND relnamespace = 'public'::regnamespace"
        )
        cursor.execute("DISCARD PLANS")
    yield
    with connection.cursor() as cursor:
        cursor.execute(SET_ON_EACH_TABLE.format("RESET (autovacuum_enabled)"))


@pytest.fixture
def emptied(never_analysed: None) -> None:
    """Have PostgreSQL expect one row of each table, as where VACUUM found all of them dead."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE pg_class SET relpages = 10, reltuples = 0"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        cursor.execute("DISCARD PLANS")


def test_resources_are_given_in_proportion_where_tables_are_thought_empty(emptied: None) -> None:
    few = of_database(deactivating_for_an_heir_each(FEW))

    many = of_database(deactivating_for_an_heir_each(10 * FEW))

    assert many < 30 * max(few, 0.06)  # it was 40 times


def test_a_thousand_more_resources_take_as_long_as_the_first_thousand(never_analysed: None) -> None:
    """On a connection that keeps the plans of its first commits, when there were but a few."""
    owner = MembershipFactory.create()

    def registering(number: int, name: str) -> Act:
        wanted = [
            Registration(type="repo", external_id=f"{name}-{n}", name=name, owner=owner.user_id)
            for n in range(number)
        ]
        return lambda: register(owner.organization_id, wanted, caller=Operator())

    registering(60, "few")()  # as many as the first statistics are made of
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("DISCARD PLANS")
    for number in range(10):
        registering(1, f"one-{number}")()

    first, *_, last = (of_database(registering(1000, f"many-{n}")) for n in range(6))

    assert last < 2 * first  # it was 5 times


@pytest.mark.parametrize("is_warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize(
    "act",
    [
        deactivating_for_an_heir_each,
        restoring_from_an_heir_each,
        restoring_chains,
        removing_one_by_type,
        restoring_one_by_type,
        giving_the_owner_role,
        deactivating_owners,
    ],
)
def test_ten_times_as_many_at_once_take_about_as_long_as_ten_times_a_few(
    never_analysed: None, act: Callable[[int], Act], is_warm: bool
) -> None:
    for _ in range(7 if is_warm else 0):
        act(1)()

    few = statistics.mean(of_database(act(FEW)) for _ in range(3))
    at_once = act(10 * FEW)
    if not is_warm:
        with connection.cursor() as cursor:
            cursor.execute("DISCARD PLANS")

    # It was 3 to 6 times as long where each row was compared with each.
    assert of_database(at_once) < 1.8 * 10 * few
