"""Staff walk in a browser from a removal to its last closed task, by keyboard alone."""

from playwright.sync_api import Page, expect

from organizations.models import Membership, OffboardingTask, Organization
from tests.browser.test_removal import assert_accessible, log_in
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OrganizationFactory,
)
from users.models import User


def test_staff_walk_from_a_removal_to_its_last_closed_task_by_keyboard_alone(
    page: Page, staff: User, console: list[str]
) -> None:
    acme: Organization = OrganizationFactory.create(name="Acme")
    MembershipFactory.create(organization=acme, roles=["Owner"])
    MembershipFactory.create(organization=acme, user__full_name="Lea Leaver")
    department = DepartmentFactory.create(organization=acme, name="IT")
    for position, title in enumerate(("Laptop", "Payroll")):
        OffboardingStepFactory.create(
            organization=acme, title=title, position=position, assigned_to_department=department
        )
    press = page.keyboard.press
    log_in(page)

    page.get_by_role("searchbox", name="Find a member").focus()
    page.keyboard.type("leaver")
    press("Enter")
    page.get_by_role("link", name="Lea Leaver").focus()
    press("Enter")
    page.get_by_role("link", name="Remove from Acme").focus()
    press("Enter")
    expect(
        page.get_by_text("The removal opens 2 offboarding tasks: Laptop; Payroll.")
    ).to_be_visible()
    page.get_by_role("button", name="Yes, remove 1 member").focus()
    press("Enter")
    page.get_by_role("link", name="rem_").focus()
    press("Enter")

    expect(page.get_by_role("heading", name="2 of 2 tasks open")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Note").first.focus()
    page.keyboard.type("In the locker")
    press("Tab")
    expect(page.get_by_role("button", name="Done: Laptop")).to_be_focused()
    press("Enter")
    expect(page.get_by_text("In the locker")).to_be_visible()

    for link in ("Home", "Offboarding tasks that are open: 1", "Payroll", "Close or skip"):
        expect(page.get_by_role("link", name=link)).to_be_visible()
        assert_accessible(page)
        page.get_by_role("link", name=link).focus()
        press("Enter")
    expect(page.get_by_label("Count")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Count").focus()
    page.keyboard.type("4")
    page.get_by_role("button", name="Done").focus()
    press("Enter")

    expect(page.get_by_role("heading", name="0 of 2 tasks open")).to_be_visible()
    expect(page.get_by_text("4 passed on there")).to_be_visible()
    tasks = OffboardingTask.objects.order_by("pk").values_list("title", "state", "closed_by")
    assert list(tasks) == [("Laptop", "done", staff.pk), ("Payroll", "done", staff.pk)]
    assert Membership.objects.former().count() == 1
    assert console == []
