"""What changes of departments and of roles have in common."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from organizations.departments.service import (
    change_department,
    create_department,
    delete_department,
)
from organizations.models import Event, Organization, Source
from organizations.roles.service import change_role, create_role, delete_role
from tests.callers import CallerWith
from tests.factories import DepartmentFactory, RoleFactory, UserFactory

FACTORIES: dict[str, Any] = {"department": DepartmentFactory, "role": RoleFactory}
CALLER = CallerWith(source=Source.API, trace_id="case-42")
CHANGES: dict[str, Callable[[Any], object]] = {
    "department_created": lambda old: create_department(
        old.organization_id, name="New", caller=CALLER
    ),
    "department_changed": lambda old: change_department(
        old.organization_id, old.pk, name="New", caller=CALLER
    ),
    "department_deleted": lambda old: delete_department(old.organization_id, old.pk, caller=CALLER),
    "role_created": lambda old: create_role(
        old.organization_id, name="New", capabilities=[], caller=CALLER
    ),
    "role_changed": lambda old: change_role(old.organization_id, old.pk, name="New", caller=CALLER),
    "role_deleted": lambda old: delete_role(old.organization_id, old.pk, caller=CALLER),
}


@pytest.mark.parametrize("event", CHANGES)
def test_each_change_is_one_line_in_the_log_and_no_event(
    organization: Organization,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    event: str,
) -> None:
    model, _, _ = event.partition("_")
    old = FACTORIES[model].create(organization=organization, name="Old")

    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        CHANGES[event](old)

    changed = type(old).objects.filter(name="New").first() or old
    assert logs == [
        {
            "event": event,
            "log_level": "info",
            "organization_id": organization.pk,
            f"{model}_id": changed.pk,
            "actor_id": None,
            "connection_id": None,
            "source": "api",
            "trace_id": "case-42",
        }
    ]
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    ("model", "made", "changed"),
    [
        ("department", {}, {}),
        ("role", {"capabilities": ["manage_billing"]}, {"capabilities": ["view_audit_log"]}),
    ],
)
def test_the_admin_makes_changes_and_deletes_them_by_the_service(
    admin_client: Client,
    organization: Organization,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    model: str,
    made: dict[str, list[str]],
    changed: dict[str, list[str]],
) -> None:
    rows = FACTORIES[model]._meta.model.objects

    def send(page: str, *args: str, **form: object) -> None:
        address = reverse(f"admin:organizations_{model}_{page}", args=args)
        response = admin_client.post(address, form, follow=True)
        assert "Nothing was changed" not in response.content.decode()

    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        send("add", organization=organization.pk, name=" Sales ", **made)
        row = rows.get(name="Sales")
        send("change", row.pk, name="Support", **changed)
        assert rows.filter(pk=row.pk, name="Support", **changed).exists()
        send("delete", row.pk, post="yes")

    assert not rows.filter(pk=row.pk).exists()
    lines = [line for line in logs if line["event"].startswith(f"{model}_")]
    assert [(line["event"], line[f"{model}_id"], line["source"]) for line in lines] == [
        (f"{model}_{verb}", row.pk, "admin") for verb in ("created", "changed", "deleted")
    ]


@pytest.mark.parametrize("model", FACTORIES)
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
