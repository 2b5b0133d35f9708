"""How staff say what is to be done elsewhere whenever somebody leaves."""

from typing import Any

import pytest
from django.test import Client

from organizations.connections.service import disable
from organizations.models import Membership, OffboardingStep
from tests.directories import connect
from tests.factories import DepartmentFactory, MembershipFactory, OffboardingStepFactory
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from tests.programs import connect_program
from tests.removals import remove

ADMIN = "/admin/organizations/"
STEPS = f"{ADMIN}offboardingstep/"
SAID = {"title": "Laptop", "key": "laptop", "position": "1", "due_days": "7", "enabled": "on"}


def test_a_step_is_added_from_the_organizations_page_which_lists_it(
    browser: Client, owner: Membership
) -> None:
    organization = owner.organization
    department = DepartmentFactory.create(organization=organization, name="IT")
    add = f"{STEPS}add/?organization={organization.pk}"
    assert f'href="{add}"' in text_of(browser.get(page_of(organization)))

    answer = browser.post(add, {**SAID, "assigned_to_department": department.pk})

    assert answer.status_code == 302
    step = OffboardingStep.objects.get()
    assert (step.key, step.organization, step.due_days) == ("laptop", organization, 7)
    shown = f'<li><a href="{STEPS}{step.pk}/change/">Laptop</a>: IT, due after 7 days</li>'
    assert shown in text_of(browser.get(page_of(organization)))


@pytest.mark.parametrize(
    ("days", "due"), [(0, "due at once"), (1, "due after 1 day"), (2, "due after 2 days")]
)
def test_an_organizations_page_says_when_its_steps_are_due(
    browser: Client, owner: Membership, days: int, due: str
) -> None:
    OffboardingStepFactory.create(organization=owner.organization, due_days=days)

    assert f": nobody, {due}</li>" in text_of(browser.get(page_of(owner.organization)))


def test_a_step_is_changed_and_deleted(browser: Client, owner: Membership) -> None:
    step = OffboardingStepFactory.create(organization=owner.organization, key="laptop")
    page = page_of(step)

    browser.post(page, {**SAID, "key": "other", "person": owner.pk, "due_days": ""})

    step.refresh_from_db()
    assert (step.key, step.title, step.assigned_to_user) == ("laptop", "Laptop", owner.user)
    assert owner.user.full_name in text_of(browser.get(page))
    browser.post(f"{STEPS}{step.pk}/delete/", {"post": "yes"})
    assert not OffboardingStep.objects.exists()


def test_who_left_is_shown_as_assigned_and_stays_so_until_somebody_chooses_another(
    browser: Client, owner: Membership
) -> None:
    organization = owner.organization
    leaver = MembershipFactory.create(organization=organization)
    system, _ = connect_program(organization, name="Code host")
    of_leaver = OffboardingStepFactory.create(
        organization=organization, assigned_to_user=leaver.user
    )
    of_system = OffboardingStepFactory.create(
        organization=organization, assigned_to_connection=system
    )
    remove(leaver)
    disable(system)
    assigned = (
        (of_leaver, "person", leaver.pk, leaver.user.full_name),
        (of_system, "assigned_to_connection", system.pk, "Code host"),
    )

    for step, field, chosen, name in assigned:
        page = page_of(step)
        assert f'<option value="{chosen}" selected>{name}' in text_of(browser.get(page))
        browser.post(page, {**SAID, field: chosen})
        step.refresh_from_db()
        assert (step.title, step.assigned_to_user_id, step.assigned_to_connection_id) == (
            "Laptop",
            leaver.user_id if step == of_leaver else None,
            system.pk if step == of_system else None,
        )
        browser.post(page, {**SAID, field: ""})
        step.refresh_from_db()
        assert (step.assigned_to_user, step.assigned_to_connection) == (None, None)


def test_a_faulty_step_is_refused_beside_the_field(browser: Client, owner: Membership) -> None:
    organization = owner.organization
    department = DepartmentFactory.create(organization=organization)
    OffboardingStepFactory.create(organization=organization, key="taken")
    both = {"person": owner.pk, "assigned_to_department": department.pk}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"key": "taken"}, "has a step with this key already"),
        (both, "Choose one: a person, a department or a system."),
        ({"person": MembershipFactory.create().pk}, "Select a valid choice"),
    ]

    for fields, problem in wrong:
        page = browser.post(f"{STEPS}add/?organization={organization.pk}", {**SAID, **fields})
        assert problem in text_of(page)

    assert OffboardingStep.objects.count() == 1


def test_a_step_without_an_organization_asks_for_it_first(browser: Client) -> None:
    page = text_of(browser.get(f"{STEPS}add/"))

    assert "<h1>Add an offboarding step to which organization?</h1>" in page
    assert '<select name="organization"' in page


@pytest.mark.parametrize(("days", "warns"), [(None, True), (30, False)], ids=["never", "later"])
def test_a_directory_that_removes_nobody_is_said_to_open_no_tasks(
    browser: Client, owner: Membership, days: int | None, warns: bool
) -> None:
    connection, _ = connect(owner.organization)
    connection.remove_after_days = days
    connection.save()
    OffboardingStepFactory.create(organization=owner.organization)

    page = text_of(browser.get(page_of(connection)))

    assert ("a deactivation opens no tasks" in page) is warns


def test_a_reader_of_steps_sees_the_assignee(owner: Membership) -> None:
    member = MembershipFactory.create(organization=owner.organization)
    step = OffboardingStepFactory.create(
        organization=owner.organization, assigned_to_user=member.user
    )

    page = text_of(browser_with("view_offboardingstep").get(page_of(step)))

    assert member.user.name in page
