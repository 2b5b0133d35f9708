"""Adding members, and giving and taking what they hold: by the service, with its events."""

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.admin.assignments import MOST_ADDED
from organizations.models import Event, Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory, UserFactory
from tests.organizations.admin.member_pages import ADMIN, form_adding, form_of
from tests.organizations.admin.page import page_of, text_of
from tests.organizations.admin.staff import browser_with
from users.models import User


def test_a_member_is_added_with_roles_and_departments_of_the_chosen_organization(
    browser: Client, staff: User, organization: Organization
) -> None:
    user, elsewhere = UserFactory.create(), DepartmentFactory.create()
    department = DepartmentFactory.create(organization=organization)
    role = organization.roles.get(name="Member")
    assert "to which organization?" in text_of(browser.get(f"{ADMIN}membership/add/"))
    address = f"{ADMIN}membership/add/?organization={organization.pk}"
    assert f'value="{role.pk}"' in text_of(browser.get(address))
    form = {"user": user.pk, "roles": [role.pk], "departments": [department.pk]}

    page = text_of(browser.post(address, {**form, "departments": [elsewhere.pk]}))
    assert "is not one of the available choices" in page
    browser.post(address, {**form, "reason": "New here"})

    member = organization.memberships.get()
    assert [each.role for each in member.role_assignments.all()] == [role]
    assert [each.department for each in member.department_memberships.all()] == [department]
    event = Event.objects.get()
    assert (event.type, event.user, event.actor) == ("member.added", user, staff)
    assert (event.source, event.reason) == ("admin", "New here")


def test_additions_and_deletions_of_one_page_are_one_event(
    browser: Client, staff: User, member: Membership
) -> None:
    department = DepartmentFactory.create(organization=member.organization)
    form = form_adding(
        member,
        member.organization.roles.get(name="Admin").pk,
        **{
            "role_assignments-0-DELETE": "on",
            "department_memberships-TOTAL_FORMS": "1",
            "department_memberships-0-membership": str(member.pk),
            "department_memberships-0-department": department.pk,
            "reason": "Promoted",
        },
    )

    browser.post(page_of(member), form)

    assert [a.role.name for a in member.role_assignments.all()] == ["Admin"]
    assert [d.department for d in member.department_memberships.all()] == [department]
    event = Event.objects.get()
    assert (event.type, event.user, event.actor) == ("member.updated", member.user, staff)
    assert (event.source, event.reason) == ("admin", "Promoted")
    assert LogEntry.objects.filter(object_id=str(member.pk)).exists()


def test_the_reason_is_asked_below_the_assignments_that_the_form_saves(
    browser: Client, member: Membership
) -> None:
    page = text_of(browser.get(page_of(member)))

    assert page.index("role_assignments-TOTAL_FORMS") < page.index("Reason for this change")


def test_nothing_changed_is_no_event(browser: Client, member: Membership) -> None:
    assert browser.post(page_of(member), form_of(member)).status_code == 302

    assert not Event.objects.exists()


def test_a_role_that_somebody_else_added_meanwhile_stays(
    browser: Client, member: Membership
) -> None:
    form = form_adding(member, member.organization.roles.get(name="Admin").pk)
    billing = member.organization.roles.create(name="Billing")
    member.role_assignments.create(organization=member.organization, role=billing)

    browser.post(page_of(member), form)

    names = member.role_assignments.values_list("role__name", flat=True)
    assert sorted(names) == ["Admin", "Billing", "Member"]


@pytest.mark.parametrize("kind", ["role", "department"])
def test_who_gives_something_without_seeing_what_the_member_has_takes_nothing(
    organization: Organization, kind: str
) -> None:
    here, there = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[here]
    )
    model = {"role": "role_assignment", "department": "department_membership"}[kind]
    given = {"role": organization.roles.get(name="Admin"), "department": there}[kind]
    permission = f"add_{model.replace('_', '')}"
    form = {
        f"{model}s-TOTAL_FORMS": "1",
        f"{model}s-INITIAL_FORMS": "0",
        f"{model}s-0-{kind}": given.pk,
    }

    browser_with("view_membership", "change_membership", permission).post(page_of(member), form)

    rows = getattr(member, f"{model}s").all()
    assert len(rows) == 2
    assert given in [getattr(row, kind) for row in rows]


def test_a_page_from_before_a_deactivation_does_not_undo_it(
    browser: Client, member: Membership
) -> None:
    form = form_adding(member, member.organization.roles.get(name="Admin").pk)
    Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())

    browser.post(page_of(member), form)

    member.refresh_from_db()
    assert member.deactivated_at
    assert member.role_assignments.count() == 2


def test_a_page_that_claims_thousands_of_forms_is_refused_without_making_them(
    browser: Client, member: Membership
) -> None:
    form = form_of(member, **{"role_assignments-TOTAL_FORMS": "100000"})

    with CaptureQueriesContext(connection) as run:
        page = text_of(browser.post(page_of(member), form))

    assert f"Please submit at most {1 + MOST_ADDED} forms." in page
    assert len(run) < 2 * MOST_ADDED
    assert member.role_assignments.count() == 1
