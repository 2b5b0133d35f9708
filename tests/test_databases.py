"""The databases of the tests."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from config.tasks import take_up_stalled
from organizations.models import Event, Membership
from tests.databases import empty_tables, take
from tests.factories import EventFactory, MembershipFactory


def test_nobody_else_has_the_database_of_a_test(db: None) -> None:
    here = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        assert take(cursor, here) != here


def test_two_have_two_and_what_one_had_is_free_after_it(db: None) -> None:
    free = f"{connection.settings_dict['NAME']}_free"
    with connection._nodb_cursor() as first:
        assert take(first, free) == free
        with connection._nodb_cursor() as second:
            assert take(second, free) == f"{free}_2"
    with connection._nodb_cursor() as third:
        assert take(third, free) == free


@pytest.mark.django_db(transaction=True)
def test_every_row_of_a_test_goes_and_what_migrations_made_stays() -> None:
    MembershipFactory.create(roles=["Owner"])
    EventFactory.create()
    take_up_stalled.configure().defer(timestamp=0)
    permissions = Permission.objects.count()

    empty_tables()

    assert not Membership.objects.exists()
    assert not Event.objects.exists()
    assert not ProcrastinateJob.objects.exists()
    assert Permission.objects.count() == permissions > 0


@pytest.mark.django_db(transaction=True)
def test_a_large_table_becomes_a_small_one() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO auth_group (name) SELECT repeat('x', 100) || i"
            " FROM generate_series(1, 10000) AS i"
        )
        empty_tables()
        cursor.execute("SELECT pg_relation_size('auth_group')")
        assert cursor.fetchone() == (0,)
