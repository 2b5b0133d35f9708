"""Describes what webhooks send: a schema and an example of each type of event."""

from typing import Any

from drf_spectacular.utils import OpenApiWebhook

from organizations.api import examples
from organizations.models import Event, Source

_ID_OR_NULL = {"type": ["string", "null"]}


def _header(name: str, description: str, example: str) -> dict[str, Any]:
    return {
        "in": "header",
        "name": name,
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }


_HEADERS = [
    _header(
        "webhook-id",
        "The event's id: the same on every attempt, to know it again by.",
        examples.EVENT_ID,
    ),
    _header("webhook-timestamp", "When it is sent, in seconds since 1970.", "1766417400"),
    _header(
        "webhook-signature",
        "`v1,` and the signature, for each secret that is valid now, with spaces between.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
]

_ALWAYS = {
    "organization_id": {"type": "string"},
    "user_id": {**_ID_OR_NULL, "description": "Whom it is about."},
    "actor_id": {**_ID_OR_NULL, "description": "Who did it, where somebody did."},
    "connection_id": {**_ID_OR_NULL, "description": "The program or directory that asked for it."},
    "source": {"type": "string", "enum": Source.values},
    "removal_id": {**_ID_OR_NULL, "description": "The record of the removal."},
    "trace_id": {"type": "string"},
}
_ALWAYS_EXAMPLE = {
    "organization_id": examples.ORGANIZATION_ID,
    "user_id": examples.USER_ID,
    "actor_id": examples.ADMIN_ID,
    "connection_id": None,
    "source": "api",
    "removal_id": None,
    "trace_id": "1f0e8a52c4b54c6b9a37d1f6a4a1c0de",
}

_ROLES, _DEPARTMENTS = ["role_member"], [examples.DEPARTMENT_ID]
_SCHEDULE = {"scheduled_removal_id": examples.SCHEDULE_ID, "remove_at": "2026-12-31T16:00:00Z"}
_RESOURCES = [
    {"type": "document", "count": 8, "department_id": examples.DEPARTMENT_ID},
    {"type": "repository", "count": 4, "heir_id": examples.HEIR_ID},
]
_TASK = {"removal_id": examples.REMOVAL_ID, "task_id": examples.TASK_ID, "key": examples.STEP_KEY}
_PASSED_ON = {
    "resource_count": 12,
    "department_id": examples.DEPARTMENT_ID,
    "resources": _RESOURCES,
}
# An example of the data that a type has in addition; what may be missing is in _OPTIONAL.
_BESIDES: dict[Event.Type, dict[str, Any]] = {
    Event.Type.MEMBER_ADDED: {"role_ids": _ROLES, "department_ids": _DEPARTMENTS},
    Event.Type.MEMBER_UPDATED: {
        "roles_added": _ROLES,
        "roles_removed": [],
        "departments_added": [],
        "departments_removed": _DEPARTMENTS,
    },
    Event.Type.MEMBER_DEACTIVATED: _PASSED_ON,
    Event.Type.MEMBER_REACTIVATED: {},
    Event.Type.MEMBER_REMOVED: {
        "removal_id": examples.REMOVAL_ID,
        "resources": _RESOURCES,
        "task_keys": ["laptop", examples.STEP_KEY],
    },
    Event.Type.MEMBER_ADOPTED: {"actor_id": None, "connection_id": "scim_01JFQ8", "source": "scim"},
    Event.Type.MEMBER_RESTORED: {
        "restoration_id": examples.RESTORATION_ID,
        "removal_id": examples.REMOVAL_ID,
        "cancelled_task_keys": ["laptop"],
    },
    Event.Type.REMOVAL_SCHEDULED: _SCHEDULE,
    Event.Type.REMOVAL_CANCELLED: _SCHEDULE,
    Event.Type.REMOVAL_FAILED: {
        **_SCHEDULE,
        "code": "DEPARTMENT_NOT_FOUND",
        "removal_id": examples.REMOVAL_ID,
        "types": ["repository"],
        "rest": False,
    },
    Event.Type.INVITATION_FAILED: {"actor_id": None, "cause": "refused", "smtp_status": 550},
    Event.Type.RESOURCES_TRANSFERRED: _PASSED_ON,
    Event.Type.RESOURCES_DELETED: {"resources": [{"type": "repository", "count": 12}]},
    Event.Type.TASK_CLOSED: {**_TASK, "state": "done", "count": 12},
    Event.Type.TASK_REOPENED: _TASK,
    Event.Type.TASK_OVERDUE: {**_TASK, "actor_id": None, "due_at": "2025-12-29T15:30:00Z"},
    Event.Type.WEBHOOK_TEST: {"user_id": None, "endpoint_id": examples.ENDPOINT_ID},
}
_OPTIONAL = {
    "department_id": "The department that took over, if one did: all, or all of other types.",
    "heir_id": "The person who took over, if one did: all, or all of other types.",
}
_NULLABLE = {"count": "How much the system that closed the task says it passed on."}
_RESOURCES_SCHEMA = {
    "type": "array",
    "description": "How many of each type, and who took them over; without one, they stayed.",
    "items": {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "count": {"type": "integer"},
            "department_id": {"type": "string"},
            "heir_id": {"type": "string"},
        },
        "required": ["type", "count"],
    },
}


def _schema_of(value: object) -> dict[str, Any]:
    """Return the schema of a value like this example."""
    match value:
        case _ if value is _RESOURCES:
            return _RESOURCES_SCHEMA
        case list():
            return {"type": "array", "items": _schema_of(value[0] if value else "")}
        case dict():
            properties = {name: _schema_of(each) for name, each in value.items()}
            return {"type": "object", "properties": properties, "required": list(properties)}
        case bool():
            return {"type": "boolean"}
        case int():
            return {"type": "integer"}
    return {"type": "string"}


def _example_of(event_type: Event.Type) -> dict[str, Any]:
    """Return what is sent of an event of this type."""
    return {
        "type": event_type.value,
        "timestamp": "2025-12-22T15:30:00Z",
        "data": {**_ALWAYS_EXAMPLE, **_BESIDES[event_type]},
    }


def _body_of(event_type: Event.Type) -> dict[str, Any]:
    """Return the schema of what is sent of events of this type."""
    besides = {
        name: _schema_of(value)
        for name, value in _BESIDES[event_type].items()
        if name not in _ALWAYS and name not in _OPTIONAL
    }
    for name in besides.keys() & _NULLABLE:
        besides[name] = {"type": ["integer", "null"], "description": _NULLABLE[name]}
    optional = {
        name: {"type": "string", "description": description}
        for name, description in _OPTIONAL.items()
        if _BESIDES[event_type] is _PASSED_ON
    }
    return {
        "type": "object",
        "title": event_type.label,
        "properties": {
            "type": {"type": "string", "const": event_type.value},
            "timestamp": {
                "type": "string",
                "format": "date-time",
                "description": "When it happened: UTC, whole seconds.",
            },
            "data": {
                "type": "object",
                "description": "Ids and counts, no name and no address.",
                "properties": {**_ALWAYS, **besides, **optional},
                "required": [*_ALWAYS, *besides],
            },
        },
        "required": ["type", "timestamp", "data"],
    }


CONTENT: dict[str, Any] = {
    "schema": {"oneOf": [_body_of(event_type) for event_type in Event.Type]},
    "examples": {
        event_type.value: {"summary": event_type.label, "value": _example_of(event_type)}
        for event_type in Event.Type
    },
}

_HELD = (
    "It is tried again, and until `Retry-After` (to 24 hours; without it, for five minutes at most)"
    " nothing else is sent to the endpoint either."
)

SENT = OpenApiWebhook(
    "event",
    {
        "post": {
            "operationId": "webhook_event",
            "summary": "An event is sent",
            "description": (
                "Signed after [Standard Webhooks](https://www.standardwebhooks.com). At least once,"
                " in no promised order."
            ),
            "tags": ["Webhooks"],
            "security": [],  # a receiver verifies the signature
            "parameters": _HEADERS,
            "requestBody": {"required": True, "content": {"application/json": CONTENT}},
            "responses": {
                "2XX": {"description": "Within 15 seconds: it is delivered."},
                "410": {"description": "The endpoint is disabled."},
                "429": {"description": _HELD},
                "503": {"description": _HELD},
                "default": {"description": "It is tried again, up to nine times."},
            },
        }
    },
)
