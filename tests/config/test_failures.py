"""Error trackers get every failure by Django's signal ``got_request_exception``."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import pytest
from django.core.signals import got_request_exception
from django.db import OperationalError
from django.http import HttpRequest

from organizations.models import Membership, Organization
from organizations.scim.users import Users
from tests.conftest import ClientOf
from tests.organizations.api.address import address_of
from tests.organizations.scim.caller import Directory

REMOVAL = "organizations.api.removal.remove_members"


@contextmanager
def heard() -> Iterator[list[tuple[HttpRequest, BaseException | None]]]:
    """Collect failed requests and their exceptions, as an error tracker does."""
    failures: list[tuple[HttpRequest, BaseException | None]] = []

    def listen(request: HttpRequest, **_: object) -> None:
        failures.append((request, sys.exception()))

    got_request_exception.connect(listen)
    try:
        yield failures
    finally:
        got_request_exception.disconnect(listen)


def test_a_failure_of_the_api_is_heard_once_with_its_request(
    owner: Membership, client_of: ClientOf
) -> None:
    client, fault = client_of(owner.user), RuntimeError("a fault of ours")
    client.raise_request_exception = False

    with patch(REMOVAL, side_effect=fault), heard() as failures:
        response = client.delete(address_of(owner), {"confirm": True})

    [(request, heard_of)] = failures
    assert response.status_code == 500
    assert (type(request).__module__, request.path) == (
        "django.core.handlers.wsgi",
        address_of(owner),
    )
    assert heard_of is fault


def test_a_failure_of_scim_is_heard_once_with_its_request(organization: Organization) -> None:
    directory, fault = Directory.of(organization), RuntimeError("a fault of ours")

    with patch.object(Users, "search", side_effect=fault), heard() as failures:
        answer = directory.send("GET", "/Users")

    [(request, heard_of)] = failures
    assert answer.status == 500
    assert request.path.endswith("/Users")
    assert heard_of is fault


@pytest.mark.urls("tests.config.api.endpoints")
@pytest.mark.parametrize(
    "path", ["/v1/raises/nothing-known", "/v1/page-raises/nothing-known"], ids=["view", "page"]
)
def test_a_failure_of_an_endpoint_of_tomorrow_is_heard_once(
    owner: Membership, client_of: ClientOf, path: str
) -> None:
    client = client_of(owner.user)
    client.raise_request_exception = False

    with heard() as failures:
        response = client.get(path)

    assert (response.status_code, len(failures)) == (500, 1)


def test_a_refusal_or_a_busy_database_is_no_failure_of_ours(
    owner: Membership, client_of: ClientOf
) -> None:
    client = client_of(owner.user)

    with heard() as failures:
        assert client.delete(address_of(owner)).status_code == 422
        with patch(REMOVAL, side_effect=OperationalError("gone")):
            assert client.delete(address_of(owner), {"confirm": True}).status_code == 503

    assert failures == []
