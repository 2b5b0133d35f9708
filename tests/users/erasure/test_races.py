"""An erasure that PostgreSQL undoes, since somebody changed a record of the person meanwhile."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection

from organizations.models import OffboardingTask
from tests.factories import OffboardingTaskFactory
from tests.organizations.admin.staff import browser_with
from users.erasure.service import erase_account
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)


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
