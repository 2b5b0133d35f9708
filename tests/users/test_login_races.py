"""An account that ends while somebody logs in to it."""

from collections.abc import Callable
from functools import partial

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client

from tests.concurrency import result_after
from tests.users.test_login import PASSWORD
from users.erasure.service import erase_account
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def is_erased(user: User) -> None:
    erase_account(user.pk, actor=None)


def is_disabled(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def is_deleted(user: User) -> None:
    user.delete()


@pytest.mark.parametrize("end", [is_erased, is_disabled, is_deleted])
def test_a_login_that_waited_for_it_is_refused_as_one_afterwards(
    client: Client, end: Callable[[User], None]
) -> None:
    user = User.objects.create_user("staff@example.com", PASSWORD, is_staff=True)
    log_in = partial(client.post, "/admin/login/", {"username": user.email, "password": PASSWORD})

    waited = result_after(partial(end, user), log_in)
    afterwards = log_in()

    for page in (waited, afterwards):
        assert page.status_code == 200
        assert "Please enter the correct email" in page.content.decode()
    assert client.get("/admin/").status_code == 302


def of_an_earlier_django() -> str:
    """Return a hash of the password that is not as hard any more as Django makes them."""
    return MD5PasswordHasher().encode(PASSWORD, "salt")


def test_a_password_that_is_changed_while_somebody_logs_in_by_the_old_one_stays(
    client: Client,
) -> None:
    user = User.objects.create_user("staff@example.com", is_staff=True)
    User.objects.update(password=of_an_earlier_django())
    user.set_password("the new one of theirs")

    result_after(
        user.save,
        partial(client.post, "/admin/login/", {"username": user.email, "password": PASSWORD}),
    )

    assert User.objects.get().check_password("the new one of theirs")
    assert client.get("/admin/").status_code == 302


def test_a_password_is_hashed_anew_at_a_login(client: Client) -> None:
    user = User.objects.create_user("staff@example.com", is_staff=True)
    User.objects.update(password=of_an_earlier_django())

    client.post("/admin/login/", {"username": user.email, "password": PASSWORD})

    found = User.objects.get()
    assert found.password != of_an_earlier_django()
    assert found.check_password(PASSWORD)
    assert client.get("/admin/").status_code == 200
