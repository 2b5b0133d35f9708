"""What an address names is looked up in its organization alone, after the body is validated."""

from typing import Any
from urllib.parse import quote

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

# By the path of a thing: the code, the name of its id in the details, and what can be asked of it:
# method, path below it, body.
REQUESTS: dict[str, tuple[str, str, list[tuple[str, str, dict[str, Any] | None]]]] = {
    "departments": (
        "DEPARTMENT_NOT_FOUND",
        "department_id",
        [("patch", "", {"name": "A"}), ("delete", "", None)],
    ),
    "roles": ("ROLE_NOT_FOUND", "role_id", [("patch", "", {"name": "A"}), ("delete", "", None)]),
    "connections": (
        "CONNECTION_NOT_FOUND",
        "connection_id",
        [("delete", "", None), ("post", "/rotate-token", {"revoke_old": True})],
    ),
    "offboarding-steps": (
        "STEP_NOT_FOUND",
        "key",
        [("patch", "", {"position": 1}), ("delete", "", None)],
    ),
    "resources": ("RESOURCE_NOT_FOUND", "resource_id", [("get", "", None), ("delete", "", None)]),
    "resources/repo": (
        "RESOURCE_NOT_FOUND",
        "external_id",
        [("get", "", None), ("delete", "", None)],
    ),
    "webhook-endpoints": (
        "WEBHOOK_ENDPOINT_NOT_FOUND",
        "endpoint_id",
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
# Values that no field can have, by the path of the thing whose request names them.
INVALID: dict[str, dict[str, Any]] = {
    "departments": {"name": "x" * 201},
    "roles": {"name": "x" * 201},
    "connections": {"revoke_old": "yes"},
    "offboarding-steps": {"title": "x" * 201},
    "webhook-endpoints": {"url": "http://hooks.acme.example"},
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
    code, name, requests = REQUESTS[path]
    named = {
        "unknown": UNKNOWN[path],
        "malformed": f"{UNKNOWN[path]}\0",
        "of another organization": of_another_organization(path),
    }[kind]
    details = {name: named} | ({"type": "repo"} if path == "resources/repo" else {})

    for method, action, body in requests:
        address = address_in(organization, f"{path}/{quote(named)}{action}")
        response: Any = getattr(as_owner, method)(address, body)

        assert refusal(response) == (404, code)
        assert response.json()["error"]["details"] == details
        for invalid in [{"nothing": 1}, INVALID[path]] if body else []:
            wrong: Any = getattr(as_owner, method)(address, invalid)
            assert refusal(wrong) == (422, "VALIDATION_ERROR")
