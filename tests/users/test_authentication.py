"""Who sends a request: the contract's rows of 401."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.models import Membership
from tests.factories import MembershipFactory
from tests.organizations.api.address import address_of
from users.models import AccessToken, User


def bearer(plain: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {plain}")
    return client


@pytest.fixture
def plain(owner: Membership) -> str:
    _, plain = AccessToken.objects.issue(owner.user, name="", lifetime=timedelta(hours=1))
    return plain


def revoke(owner: User) -> None:
    owner.access_tokens.update(revoked_at=timezone.now())


def expire(owner: User) -> None:
    owner.access_tokens.update(expires_at=timezone.now())


def disable(owner: User) -> None:
    organization = owner.memberships.get().organization
    MembershipFactory.create(organization=organization, roles=["Owner"])  # somebody has to stay
    User.objects.filter(pk=owner.pk).update(is_active=False)


def revoke_and_expire(owner: User) -> None:
    revoke(owner)
    expire(owner)


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (revoke, "TOKEN_INVALID"),
        (expire, "TOKEN_EXPIRED"),
        (disable, "TOKEN_INVALID"),
        (revoke_and_expire, "TOKEN_INVALID"),
    ],
)
def test_a_token_that_does_not_let_in(
    owner: Membership, plain: str, spoil: Callable[[User], None], code: str
) -> None:
    spoil(owner.user)

    response: Any = bearer(plain).delete(address_of(owner))

    assert (response.status_code, response.json()["error"]["code"]) == (401, code)
    assert response.json()["error"]["type"] == "authentication_error"
    assert response["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize("header", [None, "", "Basic dXNlcjpwYXNz", "Token x", "Bearerx"])
def test_without_credentials_the_way_in_is_named(owner: Membership, header: str | None) -> None:
    client = APIClient()
    if header is not None:
        client.credentials(HTTP_AUTHORIZATION=header)

    response: Any = client.delete(address_of(owner))

    assert response.status_code == 401
    assert response.json()["error"]["code"] == "AUTHENTICATION_REQUIRED"
    assert response["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("plain", ["", "unknown", "ÿ", "x" * 5000, "a b"])
def test_an_unknown_token_is_invalid(owner: Membership, plain: str) -> None:
    response: Any = bearer(plain).delete(address_of(owner))

    assert (response.status_code, response.json()["error"]["code"]) == (401, "TOKEN_INVALID")


def test_the_scheme_is_read_in_any_case(owner: Membership, plain: str) -> None:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"bearer  {plain}")

    assert client.delete(address_of(owner)).status_code == 422


def test_only_the_hash_is_stored_and_a_beginning_to_recognise(
    owner: Membership, plain: str
) -> None:
    token = AccessToken.objects.get()

    assert plain.startswith("offboard_")
    assert plain.startswith(token.prefix)
    assert len(plain) - len(token.prefix) > 30
    assert plain not in str(vars(token))


def test_a_token_and_what_it_may_do_are_one_query_each_and_write_nothing(
    owner: Membership, plain: str, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2) as queries:
        bearer(plain).delete("/v1/organizations/nowhere/users/nobody")

    for query in queries.captured_queries:
        assert not {"INSERT", "UPDATE", "DELETE"}.intersection(query["sql"].split())


def test_a_cookie_of_the_admin_is_nobody_to_the_api(owner: Membership) -> None:
    browser = Client()
    owner.user.is_staff = owner.user.is_superuser = True
    owner.user.save()
    browser.force_login(owner.user)

    assert browser.get("/admin/").status_code == 200
    assert browser.get(f"{address_of(owner)}/removal-preview").status_code == 401
