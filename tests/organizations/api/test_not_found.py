"""What an address names is looked up in its organization alone, after the body is validated."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.models import Organization
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
    RoleFactory,
    WebhookEndpointFactory,
)
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.programs import connect_program

# By the path of a thing: the code, and what can be asked of it: method, path below it, body.
REQUESTS: dict[str, tuple[str, list[tuple[str, str, dict[str, Any] | None]]]] = {
    "departments": ("DEPARTMENT_NOT_FOUND", [("patch", "", {"name": "A"}), ("delete", "", None)]),
    "roles": ("ROLE_NOT_FOUND", [("patch", "", {"name": "A"}), ("delete", "", None)]),
    "connections": (
        "CONNECTION_NOT_FOUND",
        [("delete", "", None), ("post", "/rotate-token", {"revoke_old": True})],
    ),
    "offboarding-steps": ("STEP_NOT_FOUND", [("patch", "", {"position": 1}), ("delete", "", None)]),
    "resources": ("RESOURCE_NOT_FOUND", [("get", "", None), ("delete", "", None)]),
    "resources/repo": ("RESOURCE_NOT_FOUND", [("get", "", None), ("delete", "", None)]),
    "webhook-endpoints": (
        "WEBHOOK_ENDPOINT_NOT_FOUND",
        [
            ("get", "", None),
            ("patch", "", {"status": "disabled"}),
            ("delete", "", None),
            ("post", "/rotate-secret", None),
            ("post", "/test", None),
            ("get", "/deliveries", None),
            ("post", "/deliveries/dlv_1/redeliver", None),
        ],
    ),
}
UNKNOWN = {
    "departments": "dept_unknown",
    "roles": "role_unknown",
    "connections": "con_unknown",
    "offboarding-steps": "unknown",
    "resources": "res_unknown",
    "resources/repo": "unknown",
    "webhook-endpoints": "we_unknown",
}


def of_another_organization(path: str) -> str:
    """Return the id, or key, of such a thing in an organization that is not the caller's."""
    if path == "connections":
        connection, _ = connect_program(MembershipFactory.create().organization)
        return connection.pk
    if path == "offboarding-steps":
        return str(OffboardingStepFactory.create().key)
    if path.startswith("resources"):
        resource = ResourceFactory.create(
            owner=MembershipFactory.create().user, type="repo", external_id="theirs"
        )
        return "theirs" if path == "resources/repo" else resource.pk
    if path == "departments":
        return str(DepartmentFactory.create().pk)
    if path == "roles":
        return str(RoleFactory.create().pk)
    return str(WebhookEndpointFactory.create().pk)


@pytest.mark.parametrize("kind", ["unknown", "malformed", "of another organization"])
@pytest.mark.parametrize("path", REQUESTS)
def test_what_is_not_in_the_organization_is_not_found(
    as_owner: APIClient, organization: Organization, path: str, kind: str
) -> None:
    code, requests = REQUESTS[path]
    named = {
        "unknown": UNKNOWN[path],
        "malformed": "x-1",
        "of another organization": of_another_organization(path),
    }[kind]

    for method, action, body in requests:
        address = address_in(organization, f"{path}/{named}{action}")
        response: Any = getattr(as_owner, method)(address, body)

        assert refusal(response) == (404, code)
        assert named in response.json()["error"]["details"].values()
        if body:
            wrong: Any = getattr(as_owner, method)(address, {"nothing": 1})
            assert refusal(wrong) == (422, "VALIDATION_ERROR")
