"""Sends a directory's requests, and reads what a member can do after them."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from organizations.capabilities import Capability
from organizations.exceptions import OrganizationAccessDeniedError
from organizations.guards.caller import Person
from organizations.models import Connection, Membership, Organization
from tests.directories import connect
from users.models import User


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered."""

    status: int
    body: dict[str, Any]
    content_type: str

    @property
    def outcome(self) -> tuple[int, str | None]:
        """The status, and the kind of the error if it is one."""
        return self.status, self.body.get("scimType")


@dataclass(frozen=True, slots=True)
class Directory:
    """The directory of one organization."""

    connection: Connection
    token: str

    @classmethod
    def of(cls, organization: Organization, **fields: Any) -> "Directory":
        """Connect a directory to an organization."""
        return cls(*connect(organization, **fields))

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        content_type: str = "application/scim+json",
    ) -> Answer:
        """Send a request; return its answer."""
        response = Client(raise_request_exception=False).generic(
            method,
            f"/scim/v2/organizations/{self.connection.organization_id}{path}",
            body if isinstance(body, bytes) else json.dumps(body) if body is not None else "",
            content_type=content_type,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        content = json.loads(response.content) if response.content else {}
        return Answer(response.status_code, content, response.headers.get("Content-Type", ""))

    def patch(self, path: str, *operations: dict[str, Any]) -> Answer:
        """Send a PATCH of these operations."""
        return self.send("PATCH", path, {"schemas": [PATCH_OP], "Operations": list(operations)})

    def add(self, user_name: str, **attributes: Any) -> str:
        """Have somebody added; return their id."""
        answer = self.send("POST", "/Users", new_user(user_name, **attributes))
        assert answer.status == 201, answer.body
        return str(answer.body["id"])


def replacing(path: str | None, value: object) -> dict[str, Any]:
    """Return the operation that replaces an attribute."""
    return {"op": "replace", "path": path, "value": value}


def work_email(address: str) -> list[dict[str, Any]]:
    """Return the e-mails of a user who has this one."""
    return [{"value": address, "type": "work", "primary": True}]


OFF = replacing("active", False)
PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def new_user(user_name: str, **attributes: Any) -> dict[str, Any]:
    """Return the body that adds somebody."""
    return {"schemas": [USER], "userName": user_name, **attributes}


def new_group(name: str, *members: Membership) -> dict[str, Any]:
    """Return the body that makes a group."""
    values = [{"value": member.user_id} for member in members]
    return {"schemas": [GROUP], "displayName": name, "members": values}


def rights(organization: Organization, user_id: str) -> frozenset[Capability] | None:
    """Return what a user may do there, or None where they are a stranger."""
    try:
        return Person(actor=User.objects.get(pk=user_id)).authority(organization.pk).capabilities
    except OrganizationAccessDeniedError:
        return None
