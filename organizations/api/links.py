"""Which operation follows which: a preview is followed by the removal of the same user."""

from typing import Any

_SAME_USER = {
    "organization_id": "$request.path.organization_id",
    "user_id": "$request.path.user_id",
}
_LINKS: dict[str, tuple[str, dict[str, Any]]] = {
    "previewRemoval": (
        "200",
        {
            "removeUser": {
                "operationId": "removeUser",
                "parameters": _SAME_USER,
                "requestBody": {"confirm": True},
                "description": "Removes the user, if `can_be_removed`.",
            }
        },
    ),
    "removeUser": (
        "204",
        {
            "previewRemoval": {
                "operationId": "previewRemoval",
                "parameters": _SAME_USER,
                "description": "Is a 404 from now on.",
            }
        },
    ),
}


def link_operations(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the links to the description of the API, which drf-spectacular asks for at its end."""
    for operations in result["paths"].values():
        for operation in operations.values():
            if found := _LINKS.get(operation["operationId"]):
                status, links = found
                operation["responses"][status]["links"] = links
    return result
