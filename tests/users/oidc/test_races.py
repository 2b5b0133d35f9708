"""Logins by the provider, and what happens to the accounts at the same moment."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from django.test import Client

from tests.concurrency import result_after
from tests.factories import UserFactory
from tests.users.oidc.browser import VERIFIED, answer, ask, link, log_in, logged_in, whose
from users.erasure.service import erase_account
from users.models import OidcLogin, User

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning"),  # the provider's
]


def test_a_link_that_waits_for_an_erasure_is_not_made(staff: User) -> None:
    client = logged_in(staff)
    back = answer(ask(client, "/admin/oidc/link/"), "maya")

    result_after(partial(erase_account, staff.pk, actor=None), partial(client.get, back))

    assert not OidcLogin.objects.exists()


@pytest.mark.parametrize("is_known", [True, False], ids=["known", "first"])
@pytest.mark.parametrize("end", ["erased", "disabled", "deleted"])
def test_a_login_to_an_account_that_ends_meanwhile_is_refused(
    staff: User, end: str, *, is_known: bool
) -> None:
    if is_known:
        log_in(**VERIFIED)
    client = Client()
    back = answer(ask(client), "maya", **VERIFIED)
    changes: dict[str, Callable[[], object]] = {
        "erased": partial(erase_account, staff.pk, actor=None),
        "disabled": partial(User.objects.filter(pk=staff.pk).update, is_active=False),
        "deleted": staff.delete,
    }

    page = result_after(changes[end], partial(client.get, back))

    assert page.status_code == 403
    assert "This login opens no account here" in page.content.decode()
    assert whose(client) is None


def begin_link(account: User, subject: str) -> Callable[[], Any]:
    """Begin to link a login to an account that is logged in; return what ends it."""
    client = logged_in(account)
    back = answer(ask(client, "/admin/oidc/link/"), subject, **VERIFIED)
    return partial(client.get, back, follow=True)


@pytest.mark.parametrize("had_another", [True, False], ids=["instead of another", "first"])
def test_of_two_accounts_that_link_one_login_at_once_the_second_is_told(
    staff: User, *, had_another: bool
) -> None:
    other = UserFactory.create(is_staff=True)
    if had_another:
        link(other, "before")

    page = result_after(begin_link(staff, "maya"), begin_link(other, "maya"))

    assert page.status_code == 200
    assert "Nothing was linked: the login is another account" in page.content.decode()
    assert OidcLogin.objects.get(subject="maya").user == staff


def test_an_account_links_one_login_in_two_tabs_at_once(staff: User) -> None:
    page = result_after(begin_link(staff, "maya"), begin_link(staff, "maya"))

    assert "From now on you can log in this way, too." in page.content.decode()
    assert staff.oidc_logins.get().subject == "maya"


def test_a_first_login_that_another_account_links_meanwhile_is_that_accounts(staff: User) -> None:
    other, client = UserFactory.create(is_staff=True), Client()
    back = answer(ask(client), "maya", **VERIFIED)

    result_after(begin_link(other, "maya"), partial(client.get, back))

    assert whose(client) == other
    assert not staff.oidc_logins.exists()
