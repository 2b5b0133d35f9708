"""Staff log in by OpenID Connect, at a provider that is one."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.sessions.models import Session
from django.core.exceptions import SuspiciousOperation
from django.test import Client
from pytest_django import Settings

from config.api.throttling import LoginRateThrottle
from tests.factories import UserFactory
from tests.users.oidc.browser import (
    PASSWORD,
    STAFF,
    VERIFIED,
    answer,
    ask,
    link,
    log_in,
    logged_in,
    whose,
)
from users.erasure.service import erase_account
from users.models import OidcLogin, User
from users.oidc.backend import OidcBackend

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # the provider's
]


def test_a_login_is_known_by_its_subject_whatever_becomes_of_the_address(staff: User) -> None:
    assert log_in(**VERIFIED) == staff

    User.objects.filter(pk=staff.pk).update(email="renamed@elsewhere.example")

    assert log_in(email="another@other.example", email_verified=False) == staff
    assert User.objects.count() == 1


def test_the_case_of_an_address_does_not_matter(staff: User) -> None:
    assert log_in(email="Maya@ACME.example", email_verified=True) == staff


def test_another_login_with_the_address_of_one_that_is_known_stays_out(staff: User) -> None:
    assert log_in("maya", **VERIFIED) == staff

    assert log_in("mallory", **VERIFIED) is None


@pytest.mark.parametrize(
    ("account", "claims"),
    [
        ({}, {"email_verified": False}),
        ({}, {"email_verified": "true"}),
        ({}, {"email_verified": None}),
        ({"email": "maya@other.example"}, {"email": "maya@other.example"}),
        ({"email": "maya@eu.acme.example"}, {"email": "maya@eu.acme.example"}),
        ({"is_superuser": True}, {}),
        ({"is_staff": False}, {}),
        ({"is_active": False}, {}),
        ({"email": "somebody@acme.example"}, {}),
        # Here these would be the same address, but there they may be another person's.
        ({}, {"email": "\uff4daya@acme.example"}),
        ({}, {"email": "maya\u200b@acme.example"}),
        ({}, {"email": "maya@\uff41cme.example"}),
        ({}, {"email": " maya@acme.example"}),
        ({"email": "mark@acme.example"}, {"email": "mar\u212a@acme.example"}),
    ],
    ids=lambda each: ",".join(f"{name}={value}" for name, value in each.items()) or "-",
)
def test_a_first_login_opens_no_account_but_verified_staffs_of_a_domain(
    staff: User, account: dict[str, Any], claims: dict[str, Any]
) -> None:
    User.objects.filter(pk=staff.pk).update(**account)

    assert log_in(**(VERIFIED | claims)) is None

    assert not OidcLogin.objects.exists()
    assert User.objects.count() == 1


def test_staff_link_a_login_while_they_are_logged_in(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=True)
    assert log_in("root") is None

    link(staff, "root", email="private@home.example")

    assert log_in("root") == staff
    link(staff, "new")  # in its place
    assert (log_in("root"), log_in("new")) == (None, staff)


def test_the_login_of_another_account_is_not_linked(staff: User) -> None:
    link(staff, "maya")
    other = UserFactory.create(is_staff=True)

    link(other, "maya")

    assert log_in("maya") == staff
    assert not other.oidc_logins.exists()


def test_a_link_is_asked_for_by_a_form_of_this_site(staff: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(staff, "django.contrib.auth.backends.ModelBackend")

    assert client.post("/admin/oidc/link/").status_code == 403
    assert (
        "form-action 'self' http://localhost"
        in (client.get("/admin/oidc/link/").headers["Content-Security-Policy"])
    )
    client.get(answer(ask(client), "stranger"))  # a login is no link

    assert not OidcLogin.objects.exists()


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}], ids=str)
def test_who_is_no_staff_any_more_stays_out(staff: User, change: dict[str, bool]) -> None:
    client = Client()
    assert log_in(client=client, **VERIFIED) == staff

    User.objects.filter(pk=staff.pk).update(**change)

    assert log_in(**VERIFIED) is None
    assert client.get("/admin/").status_code == 302


def test_a_link_is_taken_out_on_the_accounts_page(staff: User, admin_client: Client) -> None:
    client = Client()
    assert log_in(client=client, **VERIFIED) == staff
    login = staff.oidc_logins.get()
    form = {"email": STAFF, "is_active": "on", "is_staff": "on", "oidc_logins-TOTAL_FORMS": "1"}
    inline = {"INITIAL_FORMS": 1, "0-id": login.pk, "0-user": staff.pk, "0-DELETE": "on"}

    page = admin_client.post(
        f"/admin/users/user/{staff.pk}/change/",
        form | {f"oidc_logins-{name}": str(value) for name, value in inline.items()},
    )

    assert page.status_code == 302
    assert not staff.oidc_logins.exists()
    assert whose(client) is None  # whoever logged in by it


def test_a_form_from_before_a_login_was_linked_is_saved(staff: User, admin_client: Client) -> None:
    link(staff, "maya")
    form = {"email": STAFF, "full_name": "Maya", "is_active": "on", "is_staff": "on"}

    page = admin_client.post(f"/admin/users/user/{staff.pk}/change/", form)

    assert page.status_code == 302
    assert User.objects.get(pk=staff.pk).full_name == "Maya"
    assert staff.oidc_logins.exists()


def test_a_session_of_another_provider_ends(staff: User, settings: Settings) -> None:
    client = Client()
    assert log_in(client=client, **VERIFIED) == staff

    settings.OIDC_ISSUER = "https://new.example"

    assert whose(client) is None


def test_an_erasure_deletes_the_link(staff: User) -> None:
    assert log_in(**VERIFIED) == staff

    receipt = erase_account(staff.pk, actor=None)

    assert "linked logins" in {item.what for item in receipt.emptied}
    assert log_in(**VERIFIED) is None


def test_a_link_that_another_tab_gives_up_links_nothing(staff: User) -> None:
    client = logged_in(staff)
    there = ask(client, "/admin/oidc/link/")
    ask(client)

    page = client.get(answer(there, "maya"))

    assert page.status_code == 403
    assert not OidcLogin.objects.exists()


def test_an_answer_is_for_the_session_that_asked_and_once(staff: User) -> None:
    asked, other = Client(), Client()
    ask(other)
    back = answer(ask(asked), "maya", **VERIFIED)

    assert other.get(back).status_code == 400
    assert asked.get(back).status_code == 302
    assert asked.get(back).status_code == 400
    assert (whose(asked), whose(other)) == (staff, None)


@pytest.mark.parametrize(("page", "status"), [("login", 403), ("link", 302)])
def test_a_refusal_of_the_provider_logs_nobody_out(staff: User, page: str, status: int) -> None:
    client = logged_in(staff)
    state = parse_qs(urlsplit(ask(client, f"/admin/oidc/{page}/")).query)["state"][0]

    answered = client.get("/admin/oidc/callback/", {"error": "access_denied", "state": state})

    assert answered.status_code == status
    assert whose(client) == staff
    assert not client.session["oidc_states"]
    assert "oidc_linking" not in client.session


def test_the_answer_to_another_question_is_refused(staff: User) -> None:
    client = Client()
    first, second = ask(client), ask(client)
    code = parse_qs(urlsplit(answer(first, "maya", **VERIFIED)).query)["code"][0]
    state = parse_qs(urlsplit(second).query)["state"][0]

    client.get("/admin/oidc/callback/", {"code": code, "state": state})

    assert whose(client) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"aud": "another"},
        {"aud": ["offboard", "another"]},
        {"aud": ["offboard", "another"], "azp": "another"},
        {"azp": "another"},
        {"azp": ""},
        {"azp": ["offboard"]},
        {"aud": ["another"], "azp": "offboard"},
        {"iss": "https://another.example"},
        {"nonce": "another"},
        {"exp": 1},
        {"iat": 32503680000},
        {"sub": None},
        {"sub": ""},
        {"sub": "m" * 256},
        {"sub": "maya\0"},
    ],
    ids=str,
)
def test_a_token_for_another_or_another_time_is_refused(
    monkeypatch: pytest.MonkeyPatch, issuer: str, wrong: dict[str, Any]
) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    monkeypatch.setattr(OidcBackend, "retrieve_matching_jwk", lambda *_: key.public_key())
    right = {"iss": issuer, "aud": "offboard", "sub": "maya", "nonce": "n", "iat": 0, "exp": 2**40}
    claims = {name: value for name, value in (right | wrong).items() if value is not None}

    def verified(claims: dict[str, Any]) -> Any:
        return OidcBackend().verify_token(jwt.encode(claims, key, "RS256"), nonce="n")

    ours: list[dict[str, Any]] = [
        {},
        {"aud": ["offboard"]},
        {"azp": "offboard"},
        {"aud": ["offboard", "another"], "azp": "offboard"},
    ]
    assert [verified(right | each)["sub"] for each in ours] == ["maya"] * len(ours)
    with pytest.raises(SuspiciousOperation):
        verified(claims)


def test_an_address_that_begins_many_logins_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LoginRateThrottle, "rate", "2/hour", raising=False)

    answers = [Client().get("/admin/oidc/login/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert Session.objects.count() == 2


def test_a_provider_that_is_away_is_told(settings: Settings) -> None:
    settings.OIDC_ISSUER = "http://localhost:1"

    assert Client().get("/admin/oidc/login/").status_code == 503


def test_the_login_page_has_the_ways_that_there_are(settings: Settings, staff: User) -> None:
    page = Client().get("/admin/login/?next=/admin/").content.decode()
    assert 'href="/admin/oidc/login/?next=/admin/"' in page
    assert 'type="password"' in page

    settings.PASSWORD_LOGIN = False
    settings.AUTHENTICATION_BACKENDS = [
        each for each in settings.AUTHENTICATION_BACKENDS if "ModelBackend" not in each
    ]
    client = Client()
    assert 'type="password"' not in client.get("/admin/login/").content.decode()
    client.post("/admin/login/", {"username": STAFF, "password": PASSWORD})
    assert whose(client) is None
    assert log_in(**VERIFIED) == staff


@pytest.mark.parametrize("page", ["login", "callback", "link"])
def test_without_a_provider_there_are_no_such_pages(
    settings: Settings, admin_client: Client, page: str
) -> None:
    settings.OIDC_ISSUER = ""

    assert admin_client.get(f"/admin/oidc/{page}/").status_code == 404
