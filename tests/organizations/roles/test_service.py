"""What a change of a role leaves, and what staff may change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks
from structlog.testing import capture_logs

from organizations.exceptions import SystemRoleImmutableError
from organizations.guards.caller import Operator
from organizations.models import Organization, Role
from organizations.roles.service import change_role, delete_role
from tests.callers import CallerWith
from tests.factories import RoleFactory


@pytest.fixture
def role(organization: Organization) -> Role:
    return RoleFactory.create(
        organization=organization, name="Old", capabilities=["view_audit_log", "manage_billing"]
    )


def test_the_same_capabilities_in_another_order_change_nothing(
    role: Role, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with capture_logs() as logs, django_capture_on_commit_callbacks(execute=True):
        change_role(
            role.organization_id,
            role.pk,
            capabilities=["manage_billing", "view_audit_log", "manage_billing"],
            caller=CallerWith(),
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


def test_the_admin_says_on_the_form_that_a_name_is_taken(admin_client: Client, role: Role) -> None:
    other = RoleFactory.create(organization=role.organization)

    response = admin_client.post(
        reverse("admin:organizations_role_change", args=[other.pk]), {"name": "Old "}
    )

    assert response.status_code == 200
    assert "has a role of this name already" in response.content.decode()
