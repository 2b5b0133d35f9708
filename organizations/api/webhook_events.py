"""What webhook endpoints are sent, as the API's description says it."""

from typing import Any

from drf_spectacular.utils import OpenApiWebhook

from organizations.api.description import EVENT_ID, REMOVAL_ID
from organizations.models import Event, Source
from organizations.sample import ADMIN, LEAVER_ID, ORGANIZATION_ID

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
        "webhook-id", "The event's id: the same on every attempt, to know it again by.", EVENT_ID
    ),
    _header("webhook-timestamp", "When it is sent, in seconds since 1970.", "1766417400"),
    _header(
        "webhook-signature",
        "`v1,` and the signature, for each secret that is valid now, with spaces between.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
]

_DATA = {
    "type": "object",
    "description": "Ids and counts, no name and no address; some types of events have more.",
    "properties": {
        "organization_id": {"type": "string"},
        "user_id": {**_ID_OR_NULL, "description": "Whom it is about."},
        "actor_id": {**_ID_OR_NULL, "description": "Who did it, where somebody did."},
        "connection_id": {**_ID_OR_NULL, "description": "The directory that asked for it."},
        "source": {"type": "string", "enum": Source.values},
        "removal_id": {**_ID_OR_NULL, "description": "The record of the removal."},
        "trace_id": {"type": "string"},
    },
    "required": [
        *("organization_id", "user_id", "actor_id", "connection_id", "source", "removal_id"),
        "trace_id",
    ],
}

_BODY = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "enum": Event.Type.values},
        "timestamp": {
            "type": "string",
            "format": "date-time",
            "description": "When it happened: UTC, whole seconds.",
        },
        "data": _DATA,
    },
    "required": ["type", "timestamp", "data"],
}

_EXAMPLE = {
    "type": "member.removed",
    "timestamp": "2025-12-22T15:30:00Z",
    "data": {
        "organization_id": ORGANIZATION_ID,
        "user_id": LEAVER_ID,
        "actor_id": ADMIN.id,
        "connection_id": None,
        "source": "api",
        "removal_id": REMOVAL_ID,
        "trace_id": "1f0e8a52c4b54c6b9a37d1f6a4a1c0de",
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
            "parameters": _HEADERS,
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": _BODY, "example": _EXAMPLE}},
            },
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
