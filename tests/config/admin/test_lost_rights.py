"""Staff who lose their rights while a page that adds or deletes waits: nothing is done."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group

from organizations.models import Connection, Organization
from tests.concurrency import result_after
from tests.factories import UserFactory
from tests.organizations.admin.staff import browser_of, staff_with
from tests.users.losses import is_disabled, leaves_the_staff, loses_the_permissions
from users.models import AccessToken, User

pytestmark = pytest.mark.django_db(transaction=True)

LOSSES = pytest.mark.parametrize("loss", [leaves_the_staff, is_disabled, loses_the_permissions])


def is_no_superuser(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_superuser=False)


def sent_while(staff: User, loss: Callable[[User], None], path: str, form: object) -> Any:
    """Return the answer to a form of somebody who loses their rights while it waits."""

    def change() -> None:
        loss(staff)
        User.objects.filter(pk=staff.pk).update(time_zone="Asia/Tokyo")
        AccessToken.objects.update(name="New")
        Group.objects.update(name="New")

    return result_after(change, partial(browser_of(staff).post, f"/admin/{path}", form))


@LOSSES
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
    rows = model._default_manager.all()
    before = rows.count()

    response = sent_while(
        staff,
        loss,
        f"{model._meta.app_label}/{name}/add/",
        form | {"organization": organization.pk},
    )

    assert (response.status_code, rows.count()) == (403, before)


def test_who_may_no_longer_set_domains_makes_no_organization_with_them() -> None:
    staff = staff_with("add_organization", "view_organization", "change_domains")

    def loss(staff: User) -> None:
        staff.user_permissions.remove(staff.user_permissions.get(codename="change_domains"))

    form = {"name": "New", "domains": "new.example"}
    sent_while(staff, loss, "organizations/organization/add/", form)

    assert not Organization.objects.filter(domains__isnull=False).exists()


@pytest.mark.parametrize("form", [{"name": "Helpers"}, {}], ids=["added", "deleted"])
def test_who_is_no_superuser_any_more_neither_adds_nor_deletes_a_group(
    form: dict[str, str],
) -> None:
    boss = UserFactory.create(is_staff=True, is_superuser=True)
    group = Group.objects.create(name="People")
    path = "auth/group/add/" if form else "auth/group/"
    deletion = {"action": "delete_selected", "post": "yes", "_selected_action": group.pk}

    response = sent_while(boss, is_no_superuser, path, form or deletion)

    assert response.status_code == 403
    assert Group.objects.get() == group


@LOSSES
def test_no_selected_row_is_deleted(loss: Callable[[User], None]) -> None:
    staff = staff_with("view_accesstoken", "delete_accesstoken")
    token, _ = AccessToken.objects.issue(UserFactory.create(), name="", lifetime=timedelta(days=1))
    form = {"action": "delete_selected", "post": "yes", "_selected_action": token.pk}

    response = sent_while(staff, loss, "users/accesstoken/", form)

    assert response.status_code == 403
    assert AccessToken.objects.get() == token
    assert not LogEntry.objects.exists()
