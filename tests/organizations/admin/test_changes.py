"""What staff can change, and what nobody can."""

from typing import Any

import pytest
from django.test import Client

from organizations.exceptions import SystemRoleImmutableError
from organizations.models import Membership, Organization, Removal, Resource
from tests.factories import (
    MembershipFactory,
    ResourceFactory,
    RoleFactory,
)
from tests.organizations.admin.member_pages import ADMIN, form_adding, form_of
from tests.organizations.admin.page import page_of, text_of
from tests.removals import remove


def test_roles_of_other_organizations_are_no_choice(browser: Client, member: Membership) -> None:
    foreign = RoleFactory.create(name="Foreign role")
    assert "Foreign role" not in text_of(browser.get(page_of(member)))
    form = form_adding(member, foreign.pk)

    assert "Select a valid choice" in text_of(browser.post(page_of(member), form))


def test_the_last_owner_keeps_the_role_and_staff_read_why(
    browser: Client, owner: Membership
) -> None:
    form = form_of(owner, **{"role_assignments-0-DELETE": "on"})

    page = browser.post(page_of(owner), form, follow=True)

    assert "Nothing was changed: You cannot remove the last owner" in text_of(page)
    assert owner.role_assignments.exists()


def test_the_account_of_the_last_owner_is_not_disabled_and_staff_read_why(
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


def test_a_member_is_added_and_not_twice(
    browser: Client, organization: Organization, member: Membership
) -> None:
    form = {"organization": organization.pk, "user": member.user_id}

    page = text_of(browser.post(f"{ADMIN}membership/add/", form, follow=True))

    assert "The user is a member of this organization already." in page
    remove(member)
    assert browser.post(f"{ADMIN}membership/add/", form).status_code == 302
    assert organization.memberships.current().filter(user=member.user).count() == 1


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


def test_the_owner_roles_page_says_why_it_does_not_change_and_offers_no_form(
    admin_client: Client, organization: Organization
) -> None:
    role = organization.roles.get(is_owner=True)
    address = page_of(role)

    page = admin_client.get(address)
    refused = admin_client.post(address, {"name": "Founders", "capabilities": []})

    assert SystemRoleImmutableError.message in text_of(page)
    assert 'name="name"' not in page.content.decode()
    assert refused.status_code == 403
    role.refresh_from_db()
    assert (role.name, role.capabilities) == ("Owner", ["override_all_permissions"])
