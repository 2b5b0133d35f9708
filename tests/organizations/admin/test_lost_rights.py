"""Staff who lose a permission while a page of theirs waits for a lock: nothing is done."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import Model

from organizations.models import Connection, Membership, Organization, Resource
from tests.concurrency import result_after
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.organizations.admin.member_pages import ADMIN, form_adding, form_of
from tests.organizations.admin.page import page_of
from tests.organizations.admin.staff import browser_of, staff_with
from tests.users.losses import is_disabled, leaves_the_staff, loses_the_permissions
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES_MEMBERS = ("view_membership", "change_membership")

each_loss = pytest.mark.parametrize("loss", [leaves_the_staff, is_disabled, loses_the_permissions])


def is_no_superuser(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)


def loses(codename: str, staff: User) -> None:
    staff.user_permissions.remove(staff.user_permissions.get(codename=codename))


def sent_while(
    staff: User, loss: Callable[[User], None], locked: Model, address: str, form: object
) -> int:
    """Return the status of a form of somebody who loses their rights while it waits for a row."""

    def change() -> None:
        type(locked)._base_manager.select_for_update().get(pk=locked.pk)
        loss(staff)

    return result_after(change, partial(browser_of(staff).post, address, form)).status_code


@each_loss
def test_no_resource_is_renamed(loss: Callable[[User], None]) -> None:
    staff = staff_with("view_resource", "change_resource")
    department = DepartmentFactory.create()
    resource = ResourceFactory.create(organization=department.organization, department=department)
    form = {"name": "New", "department": department.pk}

    status = sent_while(staff, loss, resource, page_of(resource), form)

    assert status == 403
    assert Resource.objects.get().entry.name == resource.entry.name
    assert not LogEntry.objects.exists()


def test_no_resource_is_made() -> None:
    staff = staff_with("view_resource", "add_resource")
    owner = MembershipFactory.create()
    form = {"name": "New", "organization": owner.organization_id, "owner": owner.user_id}

    address = f"{ADMIN}resource/add/"
    status = sent_while(staff, partial(loses, "add_resource"), owner, address, form)

    assert status == 403
    assert not Resource.objects.exists()


@pytest.mark.parametrize("verb", ["add", "delete"])
def test_no_role_is_given_or_taken_without_the_permission_for_it(verb: str) -> None:
    member = MembershipFactory.create(roles=["Member"])
    of_roles = [f"{each}_roleassignment" for each in ("view", "add", "delete")]
    staff = staff_with(*CHANGES_MEMBERS, *of_roles)
    forms = {
        "add": form_adding(member, member.organization.roles.get(name="Admin").pk),
        "delete": form_of(member, **{"role_assignments-0-DELETE": "on"}),
    }

    loss = partial(loses, f"{verb}_roleassignment")
    status = sent_while(staff, loss, member, page_of(member), forms[verb])

    assert status == 403
    assert [each.role.name for each in member.role_assignments.all()] == ["Member"]


def test_nobody_is_added_with_a_role_without_the_permission_to_give_it() -> None:
    organization: Organization = OrganizationFactory.create()
    staff = staff_with(*CHANGES_MEMBERS, "add_membership", "add_roleassignment")
    joiner = UserFactory.create()
    form = {"user": joiner.pk, "roles": [organization.roles.get(name="Admin").pk]}
    address = f"{ADMIN}membership/add/?organization={organization.pk}"

    status = sent_while(staff, partial(loses, "add_roleassignment"), joiner, address, form)

    assert status == 403
    assert not Membership.objects.exists()


@each_loss
@pytest.mark.parametrize(
    ("model", "form"),
    [
        (User, {"email": "new@acme.example", "usable_password": "false"}),
        (Organization, {"name": "New"}),
        (Connection, {"kind": "directory", "name": "New"}),
    ],
    ids=["account", "organization", "connection"],
)
def test_nothing_is_added(
    organization: Organization,
    loss: Callable[[User], None],
    model: type[User | Organization | Connection],
    form: dict[str, str],
) -> None:
    name = model._meta.model_name
    staff = staff_with(f"add_{name}", f"view_{name}", f"change_{name}")
    before = model._default_manager.count()
    address = f"/admin/{model._meta.app_label}/{name}/add/"

    status = sent_while(staff, loss, staff, address, form | {"organization": organization.pk})

    assert (status, model._default_manager.count()) == (403, before)


def test_no_organization_is_made_with_domains_without_the_permission_for_them() -> None:
    staff = staff_with("add_organization", "view_organization", "change_domains")
    form = {"name": "New", "domains": "new.example"}
    address = f"{ADMIN}organization/add/"

    sent_while(staff, partial(loses, "change_domains"), staff, address, form)

    assert not Organization.objects.filter(domains__isnull=False).exists()


@pytest.mark.parametrize("is_added", [True, False], ids=["added", "deleted"])
def test_no_group_is_added_or_deleted_by_who_is_no_superuser_any_more(is_added: bool) -> None:
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    group = Group.objects.create(name="People")
    selected = {"action": "delete_selected", "post": "yes", "_selected_action": group.pk}

    if is_added:
        status = sent_while(
            boss, is_no_superuser, boss, "/admin/auth/group/add/", {"name": "Helpers"}
        )
    else:
        status = sent_while(boss, is_no_superuser, group, "/admin/auth/group/", selected)

    assert status == 403
    assert Group.objects.get() == group


@each_loss
def test_no_selected_row_is_deleted(loss: Callable[[User], None]) -> None:
    staff = staff_with("view_accesstoken", "delete_accesstoken")
    token, _ = AccessToken.objects.issue(UserFactory.create(), name="", lifetime=timedelta(days=1))
    form = {"action": "delete_selected", "post": "yes", "_selected_action": token.pk}

    status = sent_while(staff, loss, token, "/admin/users/accesstoken/", form)

    assert status == 403
    assert AccessToken.objects.get() == token
    assert not LogEntry.objects.exists()
