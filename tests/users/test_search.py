"""Finding people by any word of their name, however it is written."""

import pytest
from django.db import connection
from django.test import Client

from tests.factories import UserFactory
from tests.sequential_scans import analyze, tables_read_whole
from users.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("name", "terms"),
    [
        (
            "Sean O\u2019Brien",
            ["Sean O\u2019Brien", "O\u2019Brien", "O'Brien", "OBrien", "Brien", "bri sean"],
        ),
        ("Sean OBrien", ["O\u2019Brien"]),
        ("Ann Smith-O'Brien", ["OBrien", "smith-obrien", "smithobrien", "O'Brien"]),
        ("J.R.Smith", ["Smith", "J.R. Smith", "jr smith", "J.R.Smith"]),
        ("M\u00fcller/Schmidt", ["Schmidt", "M\u00fcller", "muller", "mu\u0308ll"]),
        ("Ana \u00c1lvarez", ["alvarez", "\u00e1lvarez", "\u00c1LVAREZ"]),
        ("JOSE\u0301", ["JOS\u00c9", "jos\u00e9", "jose"]),
        ("\u00d6sterreich", ["\u00f6sterreich"]),
        ("Anne-Marie", ["marie", "Anne\u2011Marie", "annemarie", "anne marie"]),
    ],
)
def test_a_person_is_found_by_any_word(name: str, terms: list[str]) -> None:
    user = UserFactory.create(full_name=name)
    UserFactory.create(full_name="Somebody Else")

    for term in terms:
        assert list(User.objects.matching(term)) == [user], term


@pytest.mark.parametrize(
    "term", ["rien", "Sean Smith", "%", "'", "\\", ":*", "usr_", "a\0b", " ", "\u200b"]
)
def test_a_person_is_not_found_by_what_is_no_beginning(term: str) -> None:
    UserFactory.create(full_name="Sean O\u2019Brien", email="sean@example.com")

    assert not User.objects.matching(term).exists()


def test_a_person_is_found_by_the_present_name_alone() -> None:
    user = UserFactory.create(full_name="Grace Murray")

    User.objects.update_or_create(pk=user.pk, defaults={"full_name": "Grace Hopper"})

    assert User.objects.matching("hopper").get() == user
    assert not User.objects.matching("murray").exists()


@pytest.fixture(scope="module")
def many(module_db: None) -> None:
    """Very many people, and Ada Lovelace.

    Their names recur, as names do: what a beginning matches is estimated by the common words.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO users_user (id, email, full_name, name_words, password, is_active,"
            " is_staff, is_superuser, created_at)"
            " SELECT 'usr_' || n, n || '@example.com', first || ' ' || last,"
            " ARRAY[first || ' ' || last, first, last], '!', true, false, false, now()"
            " FROM (SELECT n, 'f' || n % 997 AS first, 'l' || n % 1009 AS last"
            " FROM generate_series(1, 20000) AS n) AS person"
        )
    UserFactory.create(id="usr_ada", full_name="Ada Lovelace", email="ada1@example.com")
    analyze("users_user")


@pytest.mark.parametrize(
    "term", ["lovelace", "\u00c1d\u00e1 Lov", "ada-lovelace", "ada1@exam", "usr_ada"]
)
def test_a_search_reads_what_it_finds_and_not_the_table(
    many: None, admin_client: Client, term: str
) -> None:
    before = tables_read_whole()

    for address in ("/admin/users/user/", "/admin/organizations/membership/"):
        page = admin_client.get(address, {"q": term})
        assert page.status_code == 200
    lookup = {"app_label": "organizations", "model_name": "membership", "field_name": "user"}
    found = admin_client.get("/admin/autocomplete/", {**lookup, "term": term})

    assert [row["id"] for row in found.json()["results"]] == ["usr_ada"]
    assert tables_read_whole()["users_user"] == before["users_user"]
