"""Filters of a list: all that was asked for, or a refusal."""

from datetime import UTC, datetime
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.conftest import ClientOf
from tests.factories import OrganizationFactory, UserFactory

pytestmark = [pytest.mark.urls("tests.config.api.endpoints"), pytest.mark.django_db]


@pytest.fixture
def client(client_of: ClientOf) -> APIClient:
    return client_of(UserFactory.create())


@pytest.fixture(autouse=True)
def organizations() -> None:
    for pk, name, moment in (
        ("org_1", "North", datetime(2025, 12, 21, 23, 59, 59, tzinfo=UTC)),
        ("org_2", "South", datetime(2025, 12, 22, tzinfo=UTC)),
        ("org_3", "East", datetime(2025, 12, 22, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("org_4", "West", datetime(2025, 12, 23, tzinfo=UTC)),
    ):
        OrganizationFactory.create(pk=pk, name=name, created_at=moment)


def names(client: APIClient, **query: Any) -> str:
    response: Any = client.get("/v1/organizations", query)
    assert response.status_code == 200, response.content
    return " ".join(item["name"] for item in response.json()["items"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "North South East West"),
        ({"name": "East"}, "East"),
        ({"name": "east"}, ""),
        ({"kind": "North"}, "North"),
        ({"kind": ["North", "South"]}, "North South"),
        ({"named": "true"}, "North South East West"),
        ({"named": "True"}, "North South East West"),
        ({"named": "false"}, ""),
        ({"from_date": "2025-12-22"}, "South East West"),
        ({"to_date": "2025-12-22"}, "North"),
        ({"from_date": "2025-12-22", "to_date": "2025-12-23"}, "South East"),
        ({"from_date": "2025-12-22T00:00:00Z"}, "South East West"),
        ({"from_date": "2025-12-21T06:58:00-17:02"}, "South East West"),
        ({"from_date": "0001-01-01T00:00:00+23:00"}, "North South East West"),
        ({"to_date": "2025-12-22T00:00:00Z"}, "North"),
        ({"from_date": "2025-12-23T01:00:00+01:00"}, "West"),
        ({"to_date": "2025-12-23T01:00:00+02:00"}, "North South"),
        ({"from_date": "0001-01-01T00:00:00+14:00"}, "North South East West"),
        ({"to_date": "9999-12-31T23:59:59-12:00"}, "North South East West"),
        ({"from_date": "2025-12-23", "to_date": "2025-12-22"}, ""),
        ({"from_date": "2025-12-22", "limit": 1, "skip": 1}, "East"),
    ],
)
def test_what_is_found(client: APIClient, query: dict[str, Any], found: str) -> None:
    assert names(client, **query) == found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("nmae", "North"),
        ("name", ""),
        ("name", "a\0b"),
        ("name", ["North", "South"]),
        ("kind", ""),
        ("kind", "North-West"),
        ("kind", ["North", "North-West"]),
        ("named", "perhaps"),
        ("named", ""),
        *(
            ("from_date", value)
            for value in (
                "",
                "yesterday",
                "2025-13-01",
                "2025-12-22T10:00:00",
                "2025-12-22T10:00:00 01:00",
                "1766361600",
                "2025-12-22\0",
            )
        ),
        ("to_date", "22.12.2025"),
        ("to_date", ["2025-12-22", "2025-12-23"]),
    ],
)
def test_what_is_malformed_unknown_or_without_effect_is_refused_and_named(
    client: APIClient, name: str, value: Any
) -> None:
    response: Any = client.get("/v1/organizations", {name: value})

    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (422, "VALIDATION_ERROR")
    assert list(error["details"]) == [name]
    assert all(isinstance(message, str) for message in error["details"][name])


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("kind", "West", 'Must be North or South, not "West".'),
        ("kind", ["North", "West"], 'Must be North or South, not "West".'),
        ("kind", "", 'Must be North or South, not "".'),
        ("named", "perhaps", 'Must be true or false, not "perhaps".'),
        ("named", "", 'Must be true or false, not "".'),
        ("named", "1", 'Must be true or false, not "1".'),
    ],
)
def test_what_is_no_choice_is_told_the_choices(
    client: APIClient, name: str, value: Any, message: str
) -> None:
    response: Any = client.get("/v1/organizations", {name: value})

    assert response.json()["error"]["details"] == {name: [message]}


def test_everything_that_is_wrong_is_named_at_once(client: APIClient) -> None:
    response: Any = client.get("/v1/organizations", {"nmae": "x", "kind": "x", "to_date": "x"})

    assert set(response.json()["error"]["details"]) == {"nmae", "kind", "to_date"}
