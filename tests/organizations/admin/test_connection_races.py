"""Pages of a program or directory, sent while somebody else changes it or who sends them."""

from collections.abc import Callable
from functools import partial

import pytest
from django.test import Client

from organizations.connections.service import disable
from organizations.connections.tokens import issue_token
from organizations.models import Connection, Membership
from tests.concurrency import result_after
from tests.organizations.admin.page import page_of
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from tests.organizations.admin.test_connections import CONNECTIONS
from tests.programs import connect_program
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def is_rotated(connection: Connection) -> None:
    issue_token(connection, revoke_old=True)


@pytest.fixture
def browser(db: None) -> Client:
    return browser_with("view_connection", "change_connection")


@pytest.mark.parametrize("change", [disable, is_rotated])
def test_a_token_that_is_revoked_while_its_page_is_saved_stays_revoked(
    owner: Membership, browser: Client, change: Callable[[Connection], object]
) -> None:
    program, token = connect_program(owner.organization)
    form = {"name": "Payroll", "expires_at_0": "2030-01-01", "expires_at_1": "00:00"}

    result_after(partial(change, program), partial(browser.post, page_of(program), form))

    assert Connection.objects.find(Connection.Kind.API, token) is None
    assert (Connection.objects.get().name == "Payroll") is (change is is_rotated)


def test_a_connection_that_is_revoked_meanwhile_gets_no_other_token(
    owner: Membership, browser: Client
) -> None:
    program, _ = connect_program(owner.organization)

    response = result_after(
        partial(disable, program), partial(browser.post, f"{CONNECTIONS}{program.pk}/token/")
    )

    assert response.status_code == 403


@pytest.mark.parametrize("page", ["token", "disable", "change"])
def test_staff_who_lose_their_rights_while_a_page_waits_change_nothing(
    owner: Membership, page: str
) -> None:
    staff = staff_with("view_connection", "change_connection")
    program, token = connect_program(owner.organization)
    form = {"name": "New", "expires_at_0": "2030-01-01", "expires_at_1": "00:00"}

    def is_no_longer_of_the_staff() -> None:
        User.objects.filter(pk=staff.pk).update(is_staff=False)
        Connection.objects.update(name="Payroll")

    response = result_after(
        is_no_longer_of_the_staff,
        partial(browser_of(staff).post, f"{CONNECTIONS}{program.pk}/{page}/", form),
    )

    assert response.status_code == 403
    [found] = Connection.objects.all()
    assert (found.name, found.is_enabled, found.rotated_by) == ("Payroll", True, None)
    assert Connection.objects.find(Connection.Kind.API, token)
