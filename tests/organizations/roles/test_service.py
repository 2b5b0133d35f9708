"""What a change of a role leaves, and what staff may change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from organizations.exceptions import SystemRoleImmutableError
from organizations.guards.caller import Operator
from organizations.models import Event, Organization, Role, Source
from organizations.roles.service import change_role, create_role, delete_role
from tests.callers import CallerWith
from tests.factories import RoleFactory, UserFactory

CALLER = CallerWith(source=Source.API, trace_id="case-42")
CHANGES: dict[str, Callable[[Role], object]] = {
    "role_created": lambda role: create_role(
        role.organization_id, name="New", capabilities=[], caller=CALLER
    ),
    "role_changed": lambda role: change_role(
        role.organization_id, role.pk, name="New", caller=CALLER
    ),
    "role_deleted": lambda role: delete_role(role.organization_id, role.pk, caller=CALLER),
}


@pytest.fixture
def role(organization: Organization) -> Role:
    return RoleFactory.create(
        organization=organization, name="Old", capabilities=["view_audit_log", "manage_billing"]
    )


@pytest.mark.parametrize("event", CHANGES)
def test_each_change_is_one_line_in_the_log_and_no_event(
    role: Role, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, event: str
) -> None:
    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        CHANGES[event](role)

    [line] = logs
    made = Role.objects.filter(name="New").first() or role
    assert line == {
        "event": event,
        "log_level": "info",
        "organization_id": role.organization_id,
        "role_id": made.pk,
        "actor_id": None,
        "connection_id": None,
        "source": "api",
        "trace_id": "case-42",
    }
    assert not Event.objects.exists()


def test_the_same_capabilities_in_another_order_change_nothing(
    role: Role, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        change_role(
            role.organization_id,
            role.pk,
            capabilities=["manage_billing", "view_audit_log", "manage_billing"],
            caller=CALLER,
        )

    assert logs == []


@pytest.mark.parametrize(
    "change",
    [
        lambda role: change_role(role.organization_id, role.pk, name="New", caller=Operator()),
        lambda role: delete_role(role.organization_id, role.pk, caller=Operator()),
    ],
    ids=["changed", "deleted"],
)
def test_nobody_changes_the_owner_role_not_even_an_operator(
    organization: Organization, change: Callable[[Role], Any]
) -> None:
    with pytest.raises(SystemRoleImmutableError):
        change(organization.roles.get(is_owner=True))


def test_the_admin_makes_changes_and_deletes_roles_by_the_service(
    admin_client: Client,
    organization: Organization,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def send(page: str, *args: str, **form: object) -> None:
        address = reverse(f"admin:organizations_role_{page}", args=args)
        response = admin_client.post(address, form, follow=True)
        assert "Nothing was changed" not in response.content.decode()

    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        send("add", organization=organization.pk, name="Sales", capabilities=["manage_billing"])
        role = organization.roles.get(name="Sales")
        send("change", role.pk, name="Sales", capabilities=["view_audit_log"])
        role.refresh_from_db()
        assert role.capabilities == ["view_audit_log"]
        send("delete", role.pk, post="yes")

    assert not organization.roles.filter(pk=role.pk).exists()
    lines = [line for line in logs if line["event"].startswith("role_")]
    assert [(line["event"], line["role_id"], line["source"]) for line in lines] == [
        (event, role.pk, "admin") for event in CHANGES
    ]


def test_the_admin_says_on_the_form_that_a_name_is_taken(admin_client: Client, role: Role) -> None:
    other = RoleFactory.create(organization=role.organization)

    response = admin_client.post(
        reverse("admin:organizations_role_change", args=[other.pk]), {"name": "Old "}
    )

    assert response.status_code == 200
    assert "has a role of this name already" in response.content.decode()


@pytest.mark.parametrize("model", ["role", "department"])
def test_staff_who_may_not_see_them_are_not_offered_to_add_any(
    client: Client, organization: Organization, model: str
) -> None:
    staff = UserFactory.create(is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename=f"add_{model}"))
    client.force_login(staff)
    address = reverse(f"admin:organizations_{model}_add")

    assert client.get(address).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename=f"view_{model}"))
    assert client.get(address).status_code == 200
