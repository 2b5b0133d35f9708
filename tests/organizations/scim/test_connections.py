"""Authentication and rates of directories."""

from datetime import timedelta

import pytest
from django.db import IntegrityError
from django.db import connection as database
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.exceptions import Throttled

from config.api.errors import TokenInvalidError
from config.api.throttling import AddressRateThrottle
from organizations.connections.service import disable
from organizations.connections.tokens import PREVIOUS_TOKEN_WORKS, issue_token
from organizations.models import Connection, Organization
from organizations.scim.connections import (
    ConnectionRateThrottle,
    DirectoryAddressRateThrottle,
    authenticate,
)
from tests.directories import connect
from tests.factories import OrganizationFactory

pytestmark = pytest.mark.django_db


def request_with(authorization: str) -> HttpRequest:
    headers = {"Authorization": authorization} if authorization else {}
    return RequestFactory().get("/scim", headers=headers)


def let_in(token: str, organization: Organization) -> Connection:
    return authenticate(request_with(f"Bearer {token}"), organization.pk).connection


def test_a_token_lets_its_connection_in_and_is_not_stored(organization: Organization) -> None:
    connection, token = connect(organization)

    assert token.startswith("offboard_scim_")
    assert let_in(token, organization) == connection
    [row] = Connection.objects.values()
    assert token not in str(row)


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Bearer offboard_scim_guess", "Basic {token}", "{token}", "Bearer é"],
)
def test_whatever_else_is_sent_is_refused(organization: Organization, authorization: str) -> None:
    _, token = connect(organization)

    with pytest.raises(TokenInvalidError):
        authenticate(request_with(authorization.format(token=token)), organization.pk)


def test_the_token_before_works_for_a_day_and_no_longer(organization: Organization) -> None:
    connection, first = connect(organization)
    assert connection.previous_token_until is None

    second = issue_token(connection)

    assert let_in(first, organization) == let_in(second, organization) == connection
    connection.refresh_from_db()
    assert connection.previous_token_until is not None
    rest = connection.previous_token_until - timezone.now()
    assert timedelta() < rest <= PREVIOUS_TOKEN_WORKS

    Connection.objects.update(previous_token_until=timezone.now())
    assert let_in(second, organization) == connection
    with pytest.raises(TokenInvalidError):
        let_in(first, organization)


def test_a_disabled_connection_is_refused_with_each_of_its_tokens(
    organization: Organization,
) -> None:
    connection, first = connect(organization)
    second = issue_token(connection)

    assert disable(connection)
    assert not disable(connection)

    for token in (first, second):
        with pytest.raises(TokenInvalidError):
            let_in(token, organization)


def test_a_disabled_connection_gets_no_other_token(organization: Organization) -> None:
    connection, _ = connect(organization)
    disable(connection)

    with pytest.raises(Connection.DoesNotExist):
        issue_token(connection)


def test_a_connection_without_a_token_lets_nobody_in(organization: Organization) -> None:
    Connection.objects.create(organization=organization, name="Okta")

    with pytest.raises(TokenInvalidError):
        let_in("", organization)


def test_an_organization_has_one_enabled_connection(organization: Organization) -> None:
    connection, _ = connect(organization)
    disable(connection)
    connect(organization)

    with pytest.raises(IntegrityError, match="one_enabled_directory"):
        connect(organization)


def test_that_a_directory_was_seen_is_written_once_a_minute(organization: Organization) -> None:
    connection, token = connect(organization)
    let_in(token, organization)
    connection.refresh_from_db()
    assert connection.last_request_at is not None

    with CaptureQueriesContext(database) as queries:
        let_in(token, organization)
    assert [query["sql"].split()[0] for query in queries] == ["SELECT"]

    earlier = timezone.now() - timedelta(minutes=1)
    Connection.objects.update(last_request_at=earlier)
    let_in(token, organization)
    connection.refresh_from_db()
    assert connection.last_request_at > earlier


def test_who_is_refused_was_not_seen(organization: Organization) -> None:
    connection, _ = connect(organization)

    with pytest.raises(TokenInvalidError):
        let_in("offboard_scim_guess", organization)

    connection.refresh_from_db()
    assert connection.last_request_at is None


def test_a_connection_asks_fifteen_hundred_times_a_minute(organization: Organization) -> None:
    connection, _ = connect(organization)

    assert ConnectionRateThrottle(connection).get_rate() == "1500/min"


def test_beyond_its_rate_a_connection_waits_and_no_other(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ConnectionRateThrottle, "rate", "2/min", raising=False)
    _, token = connect(organization)
    other = OrganizationFactory.create()
    _, others_token = connect(other)
    let_in(token, organization)
    let_in(token, organization)

    with pytest.raises(Throttled, match="Expected available in"):
        let_in(token, organization)

    let_in(others_token, other)


def test_an_address_that_guesses_too_often_waits(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "1/min", raising=False)
    connection, token = connect(organization)
    with pytest.raises(TokenInvalidError):
        let_in("offboard_scim_guess", organization)

    with pytest.raises(Throttled):
        let_in("offboard_scim_guess", organization)

    assert let_in(token, organization) == connection


def test_every_request_is_counted_by_its_address_before_anything_is_looked_up(
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(DirectoryAddressRateThrottle, "rate", "1/min", raising=False)
    service = f"/scim/v2/organizations/{organization.pk}/ServiceProviderConfig"
    assert Client().get(service).status_code == 200

    with django_assert_num_queries(0):
        answers = [Client().get(service), Client().get(service.replace("Service", "Users"))]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert Client().get(service, REMOTE_ADDR="192.0.2.2").status_code == 200
