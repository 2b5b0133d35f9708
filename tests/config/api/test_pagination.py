"""Pages of a list, in the order of its ids."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from organizations.models import Organization
from tests.conftest import ClientOf
from tests.factories import OrganizationFactory, UserFactory

pytestmark = [pytest.mark.urls("tests.config.api.endpoints"), pytest.mark.django_db]

LIST, NEWEST = "/v1/organizations", "/v1/newest"


@pytest.fixture
def client(client_of: ClientOf) -> APIClient:
    return client_of(UserFactory.create())


@pytest.fixture
def organizations() -> list[Organization]:
    return [OrganizationFactory.create(pk=f"org_{n}") for n in (3, 1, 5, 2, 4)]


def page(client: APIClient, path: str, **query: Any) -> Any:
    response: Any = client.get(path, query)
    assert response.status_code == 200, response.content
    return response.json()


def ids(page: Any) -> str:
    return " ".join(item["id"].removeprefix("org_") for item in page["items"])


def details(client: APIClient, path: str, **query: Any) -> Any:
    response: Any = client.get(path, query)
    assert response.status_code == 422
    assert response.json()["error"]["code"] == "VALIDATION_ERROR"
    return response.json()["error"]["details"]


def test_an_empty_list(client: APIClient) -> None:
    assert page(client, LIST) == {
        "items": [],
        "total": 0,
        "skip": 0,
        "limit": 50,
        "has_more": False,
    }


@pytest.mark.usefixtures("organizations")
def test_a_page_says_where_it_stands(client: APIClient) -> None:
    found = page(client, LIST, limit=2, skip=1)

    assert ids(found) == "2 3"
    assert {**found, "items": []} == {
        "items": [],
        "total": 5,
        "skip": 1,
        "limit": 2,
        "has_more": True,
    }


@pytest.mark.usefixtures("organizations")
@pytest.mark.parametrize(
    ("path", "pages"), [(LIST, ["1 2", "3 4", "5"]), (NEWEST, ["5 4", "3 2", "1"])]
)
def test_every_item_comes_once_by_skip_and_by_after(
    client: APIClient, path: str, pages: list[str]
) -> None:
    by_skip = [page(client, path, limit=2, skip=skip) for skip in (0, 2, 4)]
    by_after = [page(client, path, limit=2)]
    while by_after[-1]["has_more"]:
        by_after.append(page(client, path, limit=2, after=by_after[-1]["items"][-1]["id"]))

    assert [ids(found) for found in by_skip] == [ids(found) for found in by_after] == pages
    assert [found["has_more"] for found in by_skip] == [True, True, False]
    assert [found["total"] for found in by_after] == [5, None, None]


@pytest.mark.usefixtures("organizations")
def test_a_full_last_page_has_nothing_behind_it(client: APIClient) -> None:
    assert page(client, LIST, limit=5)["has_more"] is False


@pytest.mark.usefixtures("organizations")
@pytest.mark.parametrize(("after", "found"), [("org_35", "4 5"), ("org_9", ""), ("org_0", "1 2")])
def test_after_an_id_that_is_not_there(client: APIClient, after: str, found: str) -> None:
    assert ids(page(client, LIST, limit=2, after=after)) == found


@pytest.mark.usefixtures("organizations")
@pytest.mark.parametrize(("more", "total"), [(0, 5), (1, None)])
def test_the_total_is_exact_up_to_a_number_and_null_beyond(
    client: APIClient, more: int, total: int | None
) -> None:
    OrganizationFactory.create_batch(more)

    assert page(client, NEWEST)["total"] == total


@pytest.mark.usefixtures("organizations")
@pytest.mark.parametrize(
    ("query", "statements"), [({}, 2), ({"limit": 1, "skip": 3}, 2), ({"after": "org_1"}, 1)]
)
def test_a_page_takes_one_statement_and_its_total_a_bounded_one(
    client: APIClient, query: dict[str, Any], statements: int
) -> None:
    with CaptureQueriesContext(connection) as captured:
        page(client, NEWEST, **query)

    _token, *of_list = [statement["sql"] for statement in captured]
    assert len(of_list) == statements
    assert all("LIMIT" in sql for sql in of_list)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("limit", value) for value in ("0", "101", "-1", "1.0", "", "ten", "1e1", "9" * 5000)),
        *(("skip", value) for value in ("-1", "10001", "1.5", "", " 1", "٣")),
        *(("after", value) for value in ("", "1", "usr_1", "org_", "org_\0", "org_" + "x" * 61)),
        ("cursor", "1"),
        ("offset", "1"),
        ("format", "json"),
    ],
)
@pytest.mark.parametrize("path", [LIST, NEWEST])
def test_what_is_wrong_is_refused_and_named(
    client: APIClient, path: str, name: str, value: str
) -> None:
    assert list(details(client, path, **{name: value})) == [name]


@pytest.mark.parametrize(("name", "value"), [("limit", 1), ("limit", 100), ("skip", 10_000)])
def test_the_bounds_are_within(client: APIClient, name: str, value: int) -> None:
    assert page(client, LIST, **{name: value})[name] == value


def test_skip_and_after_do_not_go_together(client: APIClient) -> None:
    assert set(details(client, LIST, skip=1, after="org_1")) == {"skip", "after"}


def test_a_parameter_given_twice_is_refused(client: APIClient) -> None:
    assert list(details(client, LIST, limit=[1, 2])) == ["limit"]
