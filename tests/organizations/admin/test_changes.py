"""What staff can change, and what nobody can."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from organizations.exceptions import SystemRoleImmutableError
from organizations.models import Membership, Organization, Removal, Resource
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.admin.page import text_of
from tests.removals import remove
from users.erasure.service import erase_account

ADMIN = "/admin/organizations/"


def formsets(member: Membership, **given: str) -> dict[str, str]:
    """The form of a member's page, with nothing given or taken unless it says so."""
    roles, departments = member.role_assignments.all(), member.department_memberships.all()
    form: dict[str, str] = {}
    for name, held in (("role_assignments", roles), ("department_memberships", departments)):
        form |= {f"{name}-TOTAL_FORMS": str(len(held)), f"{name}-INITIAL_FORMS": str(len(held))}
        for place, row in enumerate(held):
            form |= {
                f"{name}-{place}-id": str(row.pk),
                f"{name}-{place}-membership": str(member.pk),
            }
    return form | given


def address_of(member: Membership) -> str:
    return f"{ADMIN}membership/{member.pk}/change/"


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    return MembershipFactory.create(organization=organization)


def test_roles_and_departments_are_given_on_the_members_page(
    browser: Client, member: Membership
) -> None:
    role = member.organization.roles.get(name="Admin")
    department = DepartmentFactory.create(organization=member.organization)
    form = formsets(
        member,
        **{
            "role_assignments-TOTAL_FORMS": "1",
            "role_assignments-0-membership": str(member.pk),
            "role_assignments-0-role": role.pk,
            "department_memberships-TOTAL_FORMS": "1",
            "department_memberships-0-membership": str(member.pk),
            "department_memberships-0-department": department.pk,
        },
    )

    assert browser.post(address_of(member), form).status_code == 302

    assert [a.role for a in member.role_assignments.all()] == [role]
    assert [d.department for d in member.department_memberships.all()] == [department]
    assert LogEntry.objects.filter(object_id=str(member.pk)).exists()


def test_roles_of_other_organizations_are_no_choice(browser: Client, member: Membership) -> None:
    foreign = RoleFactory.create(name="Foreign role")
    assert "Foreign role" not in text_of(browser.get(address_of(member)))
    form = formsets(
        member,
        **{
            "role_assignments-TOTAL_FORMS": "1",
            "role_assignments-0-membership": str(member.pk),
            "role_assignments-0-role": foreign.pk,
        },
    )

    assert "Select a valid choice" in text_of(browser.post(address_of(member), form))


def test_the_last_owner_keeps_the_role_and_staff_read_why(
    browser: Client, owner: Membership
) -> None:
    form = formsets(owner, **{"role_assignments-0-DELETE": "on"})

    page = browser.post(address_of(owner), form, follow=True)

    assert "Nothing was changed: You cannot remove the last owner" in text_of(page)
    assert owner.role_assignments.exists()


def test_the_account_of_the_last_owner_is_not_disabled_and_staff_read_who_is_missing(
    browser: Client, owner: Membership
) -> None:
    address = f"/admin/users/user/{owner.user_id}/change/"

    page = browser.post(address, {"email": owner.user.email}, follow=True)

    assert f"Make somebody else an owner of {owner.organization.name} first." in text_of(page)
    owner.user.refresh_from_db()
    assert owner.user.is_active


def test_the_account_of_an_owner_is_disabled_once_another_is_named(
    browser: Client, owner: Membership
) -> None:
    MembershipFactory.create(organization=owner.organization, roles=["Owner"])

    browser.post(f"/admin/users/user/{owner.user_id}/change/", {"email": owner.user.email})

    owner.user.refresh_from_db()
    assert not owner.user.is_active


def test_a_former_member_can_be_given_no_role(browser: Client, member: Membership) -> None:
    remove(member)
    role = member.organization.roles.get(name="Admin")
    form = formsets(
        member,
        **{
            "role_assignments-TOTAL_FORMS": "1",
            "role_assignments-0-membership": str(member.pk),
            "role_assignments-0-role": role.pk,
        },
    )

    browser.post(address_of(member), form)

    assert not member.role_assignments.exists()


def test_a_member_is_added_and_not_twice(
    browser: Client, organization: Organization, member: Membership
) -> None:
    form = {"organization": organization.pk, "user": member.user_id}

    page = text_of(browser.post(f"{ADMIN}membership/add/", form, follow=True))

    assert "The user is a member of this organization already." in page
    remove(member)
    assert browser.post(f"{ADMIN}membership/add/", form).status_code == 302
    assert organization.memberships.current().filter(user=member.user).count() == 1


def test_an_erased_account_becomes_no_member_and_staff_read_why(
    browser: Client, organization: Organization
) -> None:
    account = UserFactory.create()
    erase_account(account.pk, actor=None)
    form = {"organization": organization.pk, "user": account.pk}

    page = text_of(browser.post(f"{ADMIN}membership/add/", form, follow=True))

    assert "There is no account of this user, or its data has been erased." in page
    assert not organization.memberships.exists()


def test_what_has_ended_or_happened_cannot_be_deleted(browser: Client, member: Membership) -> None:
    remove(member)
    for address in (
        f"{ADMIN}membership/{member.pk}/",
        f"{ADMIN}removal/{Removal.objects.get().pk}/",
    ):
        assert browser.post(f"{address}delete/", {"post": "yes"}).status_code == 403, address
        assert "deletelink" not in text_of(browser.get(f"{address}change/")), address


@pytest.mark.parametrize(
    "path",
    [
        "organizations/membership",
        "organizations/removal",
        "organizations/organization",
        "organizations/resource",
        "users/user",
    ],
)
def test_nothing_with_history_is_deleted_from_a_list(
    browser: Client, member: Membership, path: str
) -> None:
    resource = ResourceFactory.create(organization=member.organization, owner=member.user)
    remove(member)
    assert "delete_selected" not in text_of(browser.get(f"/admin/{path}/"))

    pk = {
        "organizations/membership": member.pk,
        "organizations/removal": Removal.objects.get().pk,
        "organizations/organization": member.organization_id,
        "organizations/resource": resource.pk,
        "users/user": member.user_id,
    }[path]
    form: dict[str, Any] = {"action": "delete_selected", "_selected_action": [pk], "post": "yes"}
    browser.post(f"/admin/{path}/", form)

    assert Membership.objects.filter(pk=member.pk).exists()
    assert Resource.objects.filter(pk=resource.pk).exists()
    assert Removal.objects.exists()


def test_a_record_cannot_be_written_or_changed(browser: Client, member: Membership) -> None:
    remove(member)
    record = Removal.objects.get()

    assert browser.get(f"{ADMIN}removal/add/").status_code == 403
    assert browser.post(f"{ADMIN}removal/{record.pk}/change/", {"reason": "x"}).status_code == 403


def test_the_owner_roles_page_says_why_it_does_not_change_and_offers_no_form(
    admin_client: Client, organization: Organization
) -> None:
    role = organization.roles.get(is_owner=True)
    address = f"{ADMIN}role/{role.pk}/change/"

    page = admin_client.get(address)
    refused = admin_client.post(address, {"name": "Founders", "capabilities": []})

    assert SystemRoleImmutableError.message in text_of(page)
    assert 'name="name"' not in page.content.decode()
    assert refused.status_code == 403
    role.refresh_from_db()
    assert (role.name, role.capabilities) == ("Owner", ["override_all_permissions"])
