"""Histories: what happened to somebody or something, whoever did it."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.utils.formats import date_format

from organizations.assignment.service import assign
from organizations.guards.caller import Operator
from organizations.handover.closing import State, TaskChange, change_task
from organizations.models import Event, Membership, OffboardingTask
from tests.factories import DepartmentFactory, MembershipFactory, OffboardingStepFactory
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove
from tests.schedules import schedule
from users.models import User


@pytest.fixture
def leaver(owner: Membership) -> Membership:
    """Somebody whom the owner removed, and not by the admin."""
    leaver = MembershipFactory.create(organization=owner.organization)
    remove(leaver, actor=owner.user, reason="Moved away", trace_id="trace-of-the-removal")
    return leaver


def history(browser: Client, row: Model) -> str:
    return text_of(browser.get(page_of(row, "history")))


@pytest.mark.parametrize(
    "subject",
    [lambda member: member, lambda member: member.user, lambda member: member.organization],
    ids=["member", "user", "organization"],
)
def test_it_says_what_happened_and_leads_to_the_record(
    browser: Client, owner: Membership, leaver: Membership, subject: Callable[[Membership], Model]
) -> None:
    page = history(browser, subject(leaver))

    assert "Member removed" in page
    assert "<td>on the record</td>" in page  # the reason
    assert f">{owner.user.name}</a>" in page
    assert f'<a href="/admin/organizations/removal/{leaver.removal.pk}/change/">' in page


def test_it_shows_no_events_of_others(browser: Client, leaver: Membership) -> None:
    other = MembershipFactory.create(organization=leaver.organization)
    elsewhere = MembershipFactory.create(user=leaver.user)

    for row in (other, other.user, elsewhere, elsewhere.organization):
        assert "Member removed" not in history(browser, row)


def test_it_takes_the_permission_to_see_events(reader: Client, leaver: Membership) -> None:
    assert "Nothing was done to it in this admin." in history(reader, leaver)

    reader_account = User.objects.get(is_staff=True, is_superuser=False)
    reader_account.user_permissions.add(Permission.objects.get(codename="view_event"))
    assert "Member removed" in history(reader, leaver)


def test_it_says_on_which_date_a_removal_is_scheduled(browser: Client, owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    schedule(member)
    scheduled = member.scheduled_removals.get()

    page = history(browser, member)

    assert f"Removal scheduled: for {date_format(scheduled.remove_at, 'DATETIME_FORMAT')}" in page
    assert f'<a href="/admin/organizations/scheduledremoval/{scheduled.pk}/change/">' in page


def test_it_says_which_task_was_closed_and_how(browser: Client, owner: Membership) -> None:
    OffboardingStepFactory.create(organization=owner.organization, key="laptop")
    leaver = MembershipFactory.create(organization=owner.organization)
    remove(leaver)
    task = OffboardingTask.objects.get()
    for state, count in ((State.FAILED, None), (State.OPEN, None), (State.DONE, 3)):
        change = TaskChange(state, count=count)
        change_task(task.organization_id, task.pk, change, caller=Operator())

    page = history(browser, leaver)

    assert ">Task closed: laptop, failed<" in page
    assert ">Task reopened: laptop<" in page
    assert ">Task closed: laptop, done, 3 passed on there<" in page
    own = history(browser, task)
    assert ">Task closed: laptop, failed<" in own
    assert "Member removed" not in own


def test_an_event_names_departments_and_roles(browser: Client, owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    sales = DepartmentFactory.create(organization=owner.organization, name="Sales")
    assign(
        owner.organization_id,
        member.user_id,
        role_ids=[owner.organization.roles.get(name="Admin").pk],
        department_ids=[sales.pk],
        caller=Operator(),
    )

    page = text_of(browser.get(page_of(Event.objects.get())))

    assert "roles added: Admin; roles removed: none; departments added: Sales;" in page
