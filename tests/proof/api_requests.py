"""Every request of the API that concerns an organization, and what it takes."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from organizations.api.bodies import BY_TYPE, TO_DEPARTMENT
from organizations.capabilities import Capability
from tests.proof.cast import Cast

Body = Callable[[Cast], dict[str, Any]]


@dataclass(frozen=True)
class Request:
    """One request, such that it is done if the caller may ask for it."""

    path: str  # below the organization, or of everybody who has a token where it begins with "/"
    needs: frozenset[Capability] = frozenset()  # one is enough; without any, all members may
    about: str = "member"
    body: Body | None = None
    status: int = 200
    refusal: str = "INSUFFICIENT_PERMISSIONS"  # of members who may not
    takes_a_person: bool = False  # no program may, whatever its capabilities


def confirmed(cast: Cast) -> dict[str, Any]:
    return {"confirm": True}


def confirmed_with_target(cast: Cast) -> dict[str, Any]:
    return {"confirm": True, **with_target(cast)}


def with_target(cast: Cast) -> dict[str, Any]:
    department = cast.departments["own"]
    return {TO_DEPARTMENT: department, BY_TYPE: {"repository": department}}


def confirmed_with_date(cast: Cast) -> dict[str, Any]:
    date = (timezone.now() + timedelta(days=1)).isoformat()
    by_type = {"repository": cast.departments["own"]}
    return {"confirm": True, "remove_at": date, BY_TYPE: by_type}


def confirmed_for_several(cast: Cast) -> dict[str, Any]:
    return {**confirmed_with_target(cast), "user_ids": [cast.users["target member"].pk]}


def unchanged(cast: Cast) -> dict[str, Any]:
    return {"role_ids": [cast.member_role], "department_ids": []}


def empty(cast: Cast) -> dict[str, Any]:
    return {}


def with_url(cast: Cast) -> dict[str, Any]:
    return {"url": "https://8.8.8.8/hook"}


def with_capabilities(cast: Cast) -> dict[str, Any]:
    return {"name": "HR system", "capabilities": ["remove_users"]}


def disabled(cast: Cast) -> dict[str, Any]:
    return {"status": "disabled"}


def with_name(cast: Cast) -> dict[str, Any]:
    return {"name": "Renamed"}


def with_new_name(cast: Cast) -> dict[str, Any]:
    return {"name": "New"}


def without_capabilities(cast: Cast) -> dict[str, Any]:
    return {"name": "New", "capabilities": []}


def with_lines(cast: Cast) -> dict[str, Any]:
    key = {"type": "resource", "external_id": cast.resource.entry.external_id}
    return {"resources": [{**key, "name": "Renamed"}]}


def with_step(cast: Cast) -> dict[str, Any]:
    return {"key": "badge", "title": "Collect the badge"}


def with_new_title(cast: Cast) -> dict[str, Any]:
    return {"title": "New"}


def done(cast: Cast) -> dict[str, Any]:
    return {"state": "done"}


def with_newcomer(cast: Cast) -> dict[str, Any]:
    return {"email": f"nora@{cast.domain}", "full_name": "Nora New"}


INVITE = frozenset({Capability.INVITE_USERS})
REMOVE = frozenset({Capability.REMOVE_USERS})
DEACTIVATE = frozenset({Capability.DEACTIVATE_USERS})
ASSIGN = frozenset({Capability.ASSIGN_ROLES, Capability.MANAGE_USERS})
VIEW = frozenset({Capability.VIEW_AUDIT_LOG})
EXPORT = frozenset({Capability.EXPORT_AUDIT_LOG})
OVERRIDE = frozenset({Capability.OVERRIDE_ALL_PERMISSIONS})
DEPARTMENTS = frozenset({Capability.MANAGE_DEPARTMENTS})
ROLES = frozenset({Capability.MANAGE_ROLES})
REGISTER = frozenset({Capability.MANAGE_RESOURCES})
# Whoever may not is told that there is none: it is neither theirs nor their departments'.
SEE_RESOURCES = REGISTER | REMOVE | VIEW
NOT_SEEN = "RESOURCE_NOT_FOUND"
STEP = "offboarding-steps/{step}"
ENDPOINT = "webhook-endpoints/{endpoint}"
CONNECTION = "connections/{connection}"

# By method and name of the address.
REQUESTS: dict[tuple[str, str], Request] = {
    ("get", "users"): Request("users"),
    ("get", "organization-user"): Request("users/{user}"),
    ("get", "departments"): Request("departments"),
    ("post", "departments"): Request("departments", DEPARTMENTS, body=with_new_name, status=201),
    ("patch", "department"): Request("departments/{department}", DEPARTMENTS, body=with_new_name),
    ("delete", "department"): Request("departments/{empty_department}", DEPARTMENTS, status=204),
    ("get", "roles"): Request("roles"),
    ("post", "roles"): Request("roles", ROLES, body=without_capabilities, status=201),
    ("patch", "role"): Request("roles/{empty_role}", ROLES, body=with_new_name),
    ("delete", "role"): Request("roles/{empty_role}", ROLES, status=204),
    ("delete", "organization-user"): Request(
        "users/{user}", REMOVE, body=confirmed_with_target, status=204
    ),
    ("get", "me"): Request("/v1/user/me"),
    ("get", "permissions"): Request("users/{user}/effective-permissions"),
    ("get", "removal-preview"): Request("users/{user}/removal-preview", REMOVE),
    ("post", "invitation"): Request("users/invite/v2", INVITE, body=with_newcomer, status=201),
    ("post", "bulk-removal"): Request("users/delete-bulk", REMOVE, body=confirmed_for_several),
    ("post", "deactivation"): Request("users/{user}/deactivate", DEACTIVATE, body=with_target),
    ("post", "reactivation"): Request(
        "users/{user}/reactivate", DEACTIVATE, about="deactivated member", body=empty
    ),
    ("post", "transfer"): Request(
        "users/{user}/transfer-resources",
        REMOVE,
        about="removed before",
        body=confirmed_with_target,
    ),
    ("patch", "assignment"): Request("users/{user}/memberships", ASSIGN, body=unchanged),
    ("get", "restoration-preview"): Request(
        "users/{user}/restore-preview", REMOVE, about="removed before"
    ),
    ("post", "restoration"): Request(
        "users/{user}/restore", REMOVE, about="removed before", body=confirmed
    ),
    ("post", "scheduled-removal"): Request(
        "users/{user}/scheduled-removal", REMOVE, body=confirmed_with_date, status=201
    ),
    ("get", "scheduled-removal"): Request(
        "users/{user}/scheduled-removal", REMOVE, about="scheduled member"
    ),
    ("delete", "scheduled-removal"): Request(
        "users/{user}/scheduled-removal", REMOVE, about="scheduled member", status=204
    ),
    ("get", "scheduled-removals"): Request("scheduled-removals", REMOVE),
    ("get", "removals"): Request("removals", VIEW),
    ("get", "removal"): Request("removals/{removal}", VIEW),
    ("get", "moved-resources"): Request("removals/{removal}/resources", VIEW),
    ("get", "offboarding-steps"): Request("offboarding-steps"),
    ("post", "offboarding-steps"): Request(
        "offboarding-steps", OVERRIDE, body=with_step, status=201
    ),
    ("patch", "offboarding-step"): Request(STEP, OVERRIDE, body=with_new_title),
    ("delete", "offboarding-step"): Request(STEP, OVERRIDE, status=204),
    ("get", "offboarding-tasks"): Request("offboarding-tasks"),
    ("patch", "offboarding-task"): Request("offboarding-tasks/{task}", REMOVE, body=done),
    ("get", "resources"): Request("resources"),
    ("post", "resource-import"): Request("resources/import", REGISTER, body=with_lines),
    ("get", "resource"): Request("resources/{resource}", SEE_RESOURCES, refusal=NOT_SEEN),
    ("delete", "resource"): Request("resources/{resource}", REGISTER, status=204),
    ("get", "keyed-resource"): Request("resources/{key}", SEE_RESOURCES, refusal=NOT_SEEN),
    ("put", "keyed-resource"): Request("resources/{key}", REGISTER, body=with_name),
    ("delete", "keyed-resource"): Request("resources/{key}", REGISTER, status=204),
    ("get", "removal-export"): Request("removals/export", EXPORT),
    ("get", "audit-log"): Request("audit-log", VIEW),
    ("get", "audit-log-export"): Request("audit-log/export", EXPORT),
    ("get", "connections"): Request("connections", OVERRIDE, takes_a_person=True),
    ("post", "connections"): Request(
        "connections", OVERRIDE, body=with_capabilities, status=201, takes_a_person=True
    ),
    ("delete", "connection"): Request(CONNECTION, OVERRIDE, status=204, takes_a_person=True),
    ("post", "connection-token-rotation"): Request(
        f"{CONNECTION}/rotate-token", OVERRIDE, body=empty, takes_a_person=True
    ),
    ("get", "webhook-endpoints"): Request("webhook-endpoints", OVERRIDE),
    ("post", "webhook-endpoints"): Request(
        "webhook-endpoints", OVERRIDE, body=with_url, status=201
    ),
    ("get", "webhook-endpoint"): Request(ENDPOINT, OVERRIDE),
    ("patch", "webhook-endpoint"): Request(ENDPOINT, OVERRIDE, body=disabled),
    ("delete", "webhook-endpoint"): Request(ENDPOINT, OVERRIDE, status=204),
    ("post", "webhook-secret-rotation"): Request(f"{ENDPOINT}/rotate-secret", OVERRIDE),
    ("post", "webhook-test"): Request(f"{ENDPOINT}/test", OVERRIDE, status=202),
    ("get", "webhook-deliveries"): Request(f"{ENDPOINT}/deliveries", OVERRIDE),
    ("post", "webhook-redelivery"): Request(
        f"{ENDPOINT}/deliveries/{{delivery}}/redeliver", OVERRIDE, status=202
    ),
}
