"""What staff see of offboarding tasks, and how they close them and open them again."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from organizations.models import Event, Membership, OffboardingTask, Organization, Removal
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OffboardingTaskFactory,
)
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_of, browser_with, staff_with
from tests.organizations.restoration.verbs import restore
from tests.removals import remove
from users.models import User

ADMIN = "/admin/organizations/"
TASKS = f"{ADMIN}offboardingtask/"


@pytest.fixture
def leaver(owner: Membership) -> Membership:
    return MembershipFactory.create(
        organization=owner.organization, user__full_name="Lea Leaver", user__email="lea@example.com"
    )


@pytest.fixture
def task(leaver: Membership, staff: User) -> OffboardingTask:
    """A task of a removal, which was due yesterday."""
    OffboardingStepFactory.create(
        organization=leaver.organization, key="laptop", title="Laptop", due_days=0
    )
    remove(leaver)
    return OffboardingTask.objects.get()


def close(browser: Client, task: OffboardingTask, state: str, **said: object) -> Any:
    return browser.post(f"{TASKS}{task.pk}/closing/", {"state": state, **said}, follow=True)


def test_a_task_is_closed_and_reopened_on_the_record_which_says_by_whom_and_when(
    browser: Client, task: OffboardingTask, staff: User
) -> None:
    assert "1 of 1 tasks open" in text_of(browser.get(page_of(task.removal)))

    page = text_of(close(browser, task, "failed", note="It was stolen"))

    task.refresh_from_db()
    assert (task.state, task.note, task.closed_by) == ("failed", "It was stolen", staff)
    assert f"Failed by {staff.name}, " in page
    assert "It was stolen" in page
    assert "0 of 1 tasks open" in page
    assert 'aria-label="Reopen: Laptop"' in page
    assert Event.objects.get(type="task.closed").actor == staff
    offered: Any = browser.get(f"{TASKS}{task.pk}/closing/")
    assert offered.context["form"]["note"].value() is None  # the old one is no note on reopening
    assert 'value="It was stolen"' not in page

    assert "1 of 1 tasks open" in text_of(close(browser, task, "open"))
    assert Event.objects.filter(type="task.reopened", actor=staff).exists()


def test_a_tasks_own_page_takes_a_count_and_says_what_is_wrong_with_it(
    browser: Client, task: OffboardingTask
) -> None:
    refused = text_of(close(browser, task, "done", note="Kept as typed", count="-1"))
    assert "greater than or equal to 0" in refused
    assert "Kept as typed" in refused

    assert "4 passed on there" in text_of(close(browser, task, "done", count="4"))


def test_no_task_of_an_undone_removal_changes(browser: Client, task: OffboardingTask) -> None:
    restore(Membership.objects.get(pk=task.removal.membership_id))

    page = text_of(browser.get(page_of(task.removal)))
    answer = text_of(close(browser, task, "done"))

    assert "Cancelled" in page
    assert "Done: Laptop" not in page
    assert "The removal was undone" in answer
    assert OffboardingTask.objects.get().state == "cancelled"


def test_a_cancelled_task_that_had_failed_says_who_failed_it(
    browser: Client, task: OffboardingTask, staff: User
) -> None:
    close(browser, task, "failed", note="It was stolen")
    restore(Membership.objects.get(pk=task.removal.membership_id))

    page = text_of(browser.get(page_of(task.removal)))

    assert re.search(rf"Failed by {staff.name}, .{{,60}}; cancelled when the removal was", page)


@pytest.mark.parametrize(
    ("permissions", "sees", "changes"),
    [
        (("view_removal",), False, False),
        (("view_removal", "view_offboardingtask"), True, False),
        (("view_removal", "view_offboardingtask", "change_offboardingtask"), True, True),
    ],
    ids=["records", "tasks", "changes"],
)
def test_staff_see_and_change_tasks_by_permissions_of_their_own(
    task: OffboardingTask, permissions: tuple[str, ...], sees: bool, changes: bool
) -> None:
    browser = browser_with(*permissions)

    page = text_of(browser.get(page_of(task.removal)))
    answer = close(browser, task, "done")

    assert ("Laptop" in page, "Done: Laptop" in page) == (sees, changes)
    assert (answer.status_code == 200) is changes
    assert (OffboardingTask.objects.get().state == "done") is changes


def test_ones_own_task_takes_no_permission_to_change_tasks(leaver: Membership) -> None:
    user = staff_with("view_removal", "view_offboardingtask")
    browser = browser_of(user)
    OffboardingStepFactory.create(organization=leaver.organization, assigned_to_user=user)
    OffboardingStepFactory.create(organization=leaver.organization, title="Of another")
    remove(leaver)
    own = OffboardingTask.objects.get(assigned_to_user=user)
    MembershipFactory.create(organization=leaver.organization, user=user)

    mine = text_of(browser.get(TASKS, {"assigned_to": "me"}))
    close(browser, own, "done")

    assert own.title in mine
    assert "Of another" not in mine
    own.refresh_from_db()
    assert own.state == "done"


def test_the_list_filters_open_overdue_and_failed_ones_to_which_the_first_page_leads(
    browser: Client, leaver: Membership
) -> None:
    organization, now = leaver.organization, timezone.now()
    removal = OffboardingTaskFactory.create(organization=organization, title="Late", due_at=now)
    same = {"removal": Removal.objects.get(pk=removal.removal_id)}
    OffboardingTaskFactory.create(title="Early", due_at=now + timedelta(days=1), **same)
    closed = {"due_at": now, "closed_at": now, **same}
    OffboardingTaskFactory.create(title="Over", state="done", **closed)
    OffboardingTaskFactory.create(title="Lost", state="failed", **closed)

    first = text_of(browser.get("/admin/"))
    states = ("open", "overdue", "failed", "done")
    listed = {state: text_of(browser.get(TASKS, {"state": state})) for state in states}

    for state, words, number in (
        ("failed", "failed", 1),
        ("overdue", "are overdue", 1),
        ("open", "are open", 2),
    ):
        assert f'state={state}">Offboarding tasks that {words}: <strong>{number}<' in first
    assert {
        state: [title for title in ("Late", "Early", "Over", "Lost") if f">{title}<" in page]
        for state, page in listed.items()
    } == {"open": ["Late", "Early"], "overdue": ["Late"], "failed": ["Lost"], "done": ["Over"]}


def test_a_task_that_is_overdue_says_so_on_its_page_and_in_the_list(
    browser: Client, task: OffboardingTask
) -> None:
    page = page_of(task)
    for address in (page, TASKS):
        assert ", overdue</" in text_of(browser.get(address))

    close(browser, task, "done")
    for address in (page, TASKS):
        assert ", overdue" not in text_of(browser.get(address))


def test_a_tasks_page_offers_to_close_the_task_alone_and_not_itself(
    browser: Client, task: OffboardingTask
) -> None:
    page = text_of(browser.get(page_of(task)))

    assert ">Close or skip</a>" in page
    assert ">Close</a>" not in page
    assert f'<a href="{TASKS}" class="closelink">Back to the list</a>' in page


def test_the_list_of_removals_says_how_many_tasks_are_open_to_those_who_may_see_tasks(
    browser: Client, task: OffboardingTask
) -> None:
    removals = f"{ADMIN}removal/"
    to_open = f'<a href="{TASKS}?q={task.removal_id}&amp;state=open">1</a>'

    assert to_open in text_of(browser.get(removals))
    assert "Open tasks" not in text_of(browser_with("view_removal").get(removals))
    close(browser, task, "failed")
    assert to_open not in text_of(browser.get(removals))


def test_a_task_of_somebody_who_left_falls_to_nobody(browser: Client, leaver: Membership) -> None:
    assignee = MembershipFactory.create(
        organization=leaver.organization, user__full_name="Ida Idle"
    )
    OffboardingStepFactory.create(organization=leaver.organization, assigned_to_user=assignee.user)
    remove(leaver)
    remove(assignee)

    page = text_of(browser.get(TASKS, {"q": "Lea Leaver"}))

    assert "nobody: Ida Idle is not there any more" in page


def test_a_task_that_is_open_again_falls_to_nobody_once_its_department_is_deleted(
    browser: Client, leaver: Membership
) -> None:
    organization = leaver.organization
    department = DepartmentFactory.create(organization=organization, name="IT")
    step = OffboardingStepFactory.create(
        organization=organization, assigned_to_department=department
    )
    remove(leaver)
    task = OffboardingTask.objects.get()
    assert "Open, for IT." in text_of(browser.get(page_of(task.removal)))
    close(browser, task, "done")
    step.delete()
    department.delete()

    page = text_of(close(browser, task, "open"))

    assert "Open, for nobody: IT is not there any more." in page


def test_a_list_of_thirty_tasks_and_their_record_take_as_many_statements_as_of_one(
    browser: Client, task: OffboardingTask, django_assert_max_num_queries: Any
) -> None:
    department = DepartmentFactory.create(organization=task.organization)
    pages = (TASKS, page_of(task.removal))
    counts: list[int] = []
    for number in (0, 30):
        OffboardingTaskFactory.create_batch(
            number, removal=task.removal, assigned_to_department=department
        )
        with django_assert_max_num_queries(counts[0] if counts else 30) as asked:
            for page in pages:
                assert browser.get(page).status_code == 200
        counts.append(len(asked))


@pytest.mark.parametrize(
    ("codename", "back"),
    [
        ("add_role", "/admin/"),
        ("view_offboardingtask", f"{TASKS}{{task.pk}}/change/"),
        ("view_removal", "/admin/organizations/removal/{task.removal_id}/change/#tasks"),
    ],
)
def test_whoever_closes_their_own_task_is_led_where_they_may_look(
    organization: Organization, codename: str, back: str
) -> None:
    staff = staff_with(codename)
    MembershipFactory.create(organization=organization, user=staff)
    task = OffboardingTaskFactory.create(organization=organization, assigned_to_user=staff)

    page = browser_of(staff).post(f"{TASKS}{task.pk}/closing/", {"state": "done"}, follow=True)

    assert page.redirect_chain == [(back.format(task=task), 302)]
    assert page.status_code == 200
