"""Logging in to the admin, and being locked out of it."""

import time
from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.db.models import F
from django.test import Client, RequestFactory

from config.api.throttling import AddressRateThrottle, LoginRateThrottle
from tests.factories import UserFactory
from users.email_address import canonical_address
from users.login import account_of
from users.models import User

PASSWORD = "correct horse battery staple"  # noqa: S105 (a test's own)

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> User:
    return User.objects.create_superuser("staff@example.com", PASSWORD)


def log_in(client: Client, email: str, password: str, address: str = "192.0.2.1") -> int:
    form = {"username": email, "password": password}
    return client.post("/admin/login/", form, REMOTE_ADDR=address).status_code


def test_staff_log_in_with_their_email_address_in_any_case(client: Client, staff: User) -> None:
    assert log_in(client, "Staff@Example.com", PASSWORD) == 302


def test_five_failures_lock_the_account_from_that_address(client: Client, staff: User) -> None:
    spellings = [
        "staff@example.com",
        "STAFF@example.com",
        " staff@example.com",
        "Staff@Example.com",
    ]
    for email in spellings:
        assert log_in(client, email, "wrong") == 200
    assert log_in(client, staff.email, "wrong") == 429

    assert log_in(client, staff.email, PASSWORD) == 429
    assert log_in(client, staff.email, PASSWORD, address="192.0.2.2") == 302


def test_an_address_that_is_too_long_is_a_failed_login(client: Client, staff: User) -> None:
    page = client.post("/admin/login/", {"username": "x" * 5000, "password": "wrong"})

    assert page.status_code == 200
    assert "errornote" in page.content.decode()


def test_a_lockout_says_what_to_do_and_until_when(client: Client, staff: User) -> None:
    for _ in range(5):
        log_in(client, staff.email, "wrong")

    page = client.post(
        "/admin/login/", {"username": staff.email, "password": PASSWORD}, REMOTE_ADDR="192.0.2.1"
    )

    assert "Try again in an hour" in page.content.decode()
    waited = timedelta(seconds=int(page["Retry-After"]))
    AccessAttempt.objects.update(attempt_time=F("attempt_time") - waited)
    assert log_in(client, staff.email, PASSWORD) == 302


def test_a_login_forgets_the_failures_before_it(client: Client, staff: User) -> None:
    for _ in range(4):
        log_in(client, staff.email, "wrong")
    assert log_in(client, staff.email, PASSWORD) == 302
    client.logout()

    assert log_in(client, staff.email, "wrong") == 200


def test_somebody_without_the_staff_flag_does_not_get_in(client: Client) -> None:
    person = UserFactory.create()
    person.set_password(PASSWORD)
    person.save()

    assert log_in(client, person.email, PASSWORD) == 200


def test_an_address_that_tries_many_accounts_is_limited(
    client: Client, staff: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LoginRateThrottle, "rate", "3/hour", raising=False)
    for number in range(3):
        assert log_in(client, f"person{number}@example.com", "wrong") == 200

    assert log_in(client, staff.email, PASSWORD) == 429
    assert log_in(client, staff.email, PASSWORD, address="192.0.2.2") == 302


def test_the_form_is_shown_as_often_as_the_api_answers(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(AddressRateThrottle, "rate", "2/min", raising=False)

    answers = [client.get("/admin/login/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60


def test_a_name_of_megabytes_is_cut_before_it_is_normalized() -> None:
    name = "a\u0301\u0323" * 800_000
    request = RequestFactory().get("/")
    started = time.process_time()

    assert len(account_of(request, {"username": name}) or "") <= 255
    canonical_address(name)
    User.objects.matching(name)

    assert time.process_time() - started < 0.5


def test_blanks_in_front_do_not_hide_whose_account_is_tried() -> None:
    request = RequestFactory().get("/")

    assert account_of(request, {"username": " " * 300 + "Ada@Example.com"}) == "ada@example.com"
