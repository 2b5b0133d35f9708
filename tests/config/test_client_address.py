"""The address by which a request is counted."""

import pytest
from django.core.cache import cache
from django.test import Client, RequestFactory
from pytest_django import Settings

from config.api.throttling import AddressRateThrottle
from config.client_address import client_address
from tests.factories import UserFactory


@pytest.mark.parametrize(
    ("peer", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::", "2001:db8:1:2::"),
        ("2001:db8:1:3::", "2001:db8:1:3::"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("fe80::1%eth0", "fe80::"),
        ("192.0.2.1:4711", "192.0.2.1"),
        ("[2001:db8:1:2::7]:4711", "2001:db8:1:2::"),
        ("", ""),
        ("unknown", ""),
    ],
)
def test_an_address_is_counted_by_what_one_customer_is_given(
    settings: Settings, peer: str, counted: str
) -> None:
    direct = RequestFactory().get("/", REMOTE_ADDR=peer)
    assert client_address(direct) == counted

    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": 1}
    forwarded = RequestFactory().get("/", HTTP_X_FORWARDED_FOR=f"192.0.2.9, {peer}")
    assert client_address(forwarded) == counted


def test_an_account_is_locked_for_all_addresses_of_a_network(client: Client, db: None) -> None:
    user = UserFactory.create(is_staff=True)
    user.set_password("correct")
    user.save()

    def log_in(password: str, address: str) -> int:
        form = {"username": user.email, "password": password}
        return client.post("/admin/login/", form, REMOTE_ADDR=address).status_code

    for number in range(5):
        log_in("wrong", f"2001:db8:1:2::{number}")

    assert log_in("correct", "2001:db8:1:2::ffff") == 429
    assert log_in("correct", "2001:db8:1:3::1") == 302


def test_the_first_of_a_thousand_addresses_is_still_counted(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "1/min", raising=False)
    assert client.get("/admin/login/", REMOTE_ADDR="192.0.2.1").status_code == 200

    for number in range(1000):
        cache.set(f"throttle_address_{number}", [0], 60)

    assert client.get("/admin/login/", REMOTE_ADDR="192.0.2.1").status_code == 429
