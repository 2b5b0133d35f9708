"""What happens at the same moment as an erasure."""

from collections.abc import Callable
from functools import partial
from typing import Any

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.test import Client

from organizations.models import OffboardingTask
from tests.concurrency import all_at_once, result_after
from tests.factories import OffboardingTaskFactory, UserFactory
from tests.organizations.admin.page import text_of
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from tests.users.losses import is_disabled, leaves_the_staff, loses_the_permissions
from users.erasure.service import ErasureRefusedError, erase_account
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def user(db: None) -> User:
    user: User = UserFactory.create(full_name="Lea")
    return user


def deadlock_at_first_note() -> Callable[..., Any]:
    """Return a wrapper of statements: the first that empties a note meets whoever changes it.

    Whoever closes a task names the person in its event, and waits for the account with the task.
    """
    notes = iter([True])

    def execute(execute: Any, sql: str, *arguments: Any) -> Any:
        if sql.startswith('UPDATE "organizations_offboardingtask"') and next(notes, False):
            raise OperationalError("undone") from psycopg.errors.DeadlockDetected("undone")
        return execute(sql, *arguments)

    return execute


def by_the_service(user: User, task: OffboardingTask) -> None:
    receipt = erase_account(user.pk, actor=None, emptied=[task.pk])
    assert receipt.account.erased_at


def by_staff(user: User, task: OffboardingTask) -> None:
    browser = browser_with("view_user", "erase_user", "view_offboardingtask")
    form = {"action": "erase", "_selected_action": user.pk, "post": "yes", "emptied": task.pk}

    assert browser.post("/admin/users/user/", form).status_code == 200
    assert LogEntry.objects.get().change_message == "Erased."


@pytest.mark.parametrize("erase", [by_the_service, by_staff])
def test_an_erasure_that_was_undone_is_tried_again(
    erase: Callable[[User, OffboardingTask], None],
) -> None:
    task: OffboardingTask = OffboardingTaskFactory.create(note="Theirs")
    user = task.removal.membership.user

    with connection.execute_wrapper(deadlock_at_first_note()):
        erase(user, task)

    task.refresh_from_db()
    assert (task.note, User.objects.get(pk=user.pk).full_name) == ("", "")


@pytest.mark.parametrize(
    "loss", [leaves_the_staff, is_disabled, loses_the_permissions, User.delete]
)
def test_staff_who_may_no_longer_once_it_has_waited_erase_nobody(
    loss: Callable[[User], None],
) -> None:
    staff, user = staff_with("view_user", "erase_user"), UserFactory.create(full_name="Lea")
    form = {"action": "erase", "_selected_action": user.pk, "post": "yes"}

    def change() -> None:
        loss(staff)
        User.objects.filter(pk=user.pk).update(time_zone="Asia/Tokyo")

    page = result_after(change, partial(browser_of(staff).post, "/admin/users/user/", form))

    assert "You may not erase people&#x27;s data any more." in text_of(page)
    assert User.objects.get(pk=user.pk).full_name == "Lea"


def test_an_account_that_is_deleted_while_it_waits_is_said_to_be_gone(
    admin_client: Client, user: User
) -> None:
    form = {"action": "erase", "_selected_action": user.pk, "post": "yes"}

    page = result_after(user.delete, partial(admin_client.post, "/admin/users/user/", form))

    assert "There is no such account any more." in text_of(page)


def test_the_command_says_so_too(user: User) -> None:
    def erase() -> None:
        with pytest.raises(CommandError, match=r"There is no such account any more\.$"):
            call_command("erase_account", user.email, no_input=True)

    result_after(user.delete, erase)


def test_of_two_superusers_who_erase_each_other_at_once_one_remains() -> None:
    one, other = (UserFactory.create(is_staff=True, is_superuser=True) for _ in range(2))

    def erase(user: User, actor: User) -> str:
        try:
            erase_account(user.pk, actor=actor)
        except ErasureRefusedError as refusal:
            return str(refusal)
        return "done"

    outcomes = all_at_once(partial(erase, one, other), partial(erase, other, one))

    assert sorted(outcomes) == ["You may not erase people's data any more.", "done"]
    assert User.objects.filter(erased_at=None).count() == 1
