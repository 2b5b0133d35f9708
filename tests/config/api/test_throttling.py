"""How many requests a token and an address may send."""

from itertools import product
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from config.api.throttling import AddressRateThrottle, TokenRateThrottle
from organizations.models import Membership
from tests.conftest import ClientOf
from tests.factories import UserFactory
from tests.organizations.api.address import address_of


def codes(client: APIClient, path: str, number: int) -> list[Any]:
    return [client.delete(path).json()["error"]["code"] for _ in range(number)]


def test_a_token_is_limited_by_itself(
    owner: Membership, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenRateThrottle, "rate", "2/min", raising=False)
    one, other = client_of(owner.user), client_of(owner.user)

    assert codes(one, address_of(owner), 3) == ["CONFIRMATION_REQUIRED"] * 2 + ["RATE_LIMITED"]
    assert codes(other, address_of(owner), 1) == ["CONFIRMATION_REQUIRED"]


def test_a_wrong_method_counts_against_no_rate(
    owner: Membership, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenRateThrottle, "rate", "1/min", raising=False)
    monkeypatch.setattr(AddressRateThrottle, "rate", "1/min", raising=False)
    client = client_of(owner.user)

    for method, path in product(("PUT", "OPTIONS"), (address_of(owner), "/v1/openapi.json")):
        assert client.generic(method, path).status_code == 405
    assert codes(client, address_of(owner), 2) == ["CONFIRMATION_REQUIRED", "RATE_LIMITED"]


def test_who_may_not_is_limited_too(
    owner: Membership, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenRateThrottle, "rate", "1/min", raising=False)
    stranger = client_of(UserFactory.create())

    assert codes(stranger, address_of(owner), 2) == ["ORGANIZATION_ACCESS_DENIED", "RATE_LIMITED"]


def test_an_address_is_limited_even_while_it_guesses_tokens(
    owner: Membership, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "2/min", raising=False)
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Bearer guess")

    assert codes(client, address_of(owner), 3) == ["TOKEN_INVALID"] * 2 + ["RATE_LIMITED"]


def test_whoever_is_limited_learns_when_to_come_back(
    owner: Membership, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(TokenRateThrottle, "rate", "1/min", raising=False)
    client = client_of(owner.user)
    client.delete(address_of(owner))

    response = client.delete(address_of(owner))

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 60


@pytest.mark.parametrize("page", ["/v1/organizations/org_1/users/usr_1", "/admin/login/"])
@pytest.mark.parametrize("rate", ["3/min", "2/min"], ids=["the same rate", "a lower one since"])
def test_whoever_waits_exactly_that_long_is_let_in(
    db: None, client: Client, monkeypatch: pytest.MonkeyPatch, page: str, rate: str
) -> None:
    clock = iter([0.0, 10.0, 20.0, 20.7])
    monkeypatch.setattr(AddressRateThrottle, "rate", "3/min", raising=False)
    monkeypatch.setattr(AddressRateThrottle, "timer", lambda _: next(clock))
    assert [client.get(page).status_code == 429 for _ in range(3)] == [False] * 3
    monkeypatch.setattr(AddressRateThrottle, "rate", rate, raising=False)
    seconds = client.get(page)["Retry-After"]

    clock = iter([20.7 + int(seconds) - 1, 20.7 + int(seconds)])

    assert [client.get(page).status_code == 429 for _ in range(2)] == [True, False]


def guesses(forwarded_for: str, number: int) -> list[Any]:
    client = APIClient(HTTP_X_FORWARDED_FOR=forwarded_for)
    return codes(client, "/v1/organizations/org_1/users/usr_1", number)


def test_behind_a_proxy_each_caller_has_a_rate_of_their_own(
    db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "1/min", raising=False)
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}

    assert guesses("192.0.2.1", 2) == ["AUTHENTICATION_REQUIRED", "RATE_LIMITED"]
    assert guesses("192.0.2.2", 1) == ["AUTHENTICATION_REQUIRED"]
    # What a caller writes stands before what the proxy adds.
    assert guesses("192.0.2.3, 192.0.2.1", 1) == ["RATE_LIMITED"]


def test_without_a_proxy_nobody_chooses_their_address(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "1/min", raising=False)

    assert guesses("192.0.2.1", 1) == ["AUTHENTICATION_REQUIRED"]
    assert guesses("192.0.2.2", 1) == ["RATE_LIMITED"]


def test_the_description_counts_as_a_request_too(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "1/min", raising=False)
    client = APIClient()

    answers = [client.get(path) for path in ("/v1/openapi.json", "/v1/docs")]

    assert [answer.status_code for answer in answers] == [200, 429]
    assert answers[1].json()["error"]["code"] == "RATE_LIMITED"
