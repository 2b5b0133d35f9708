"""What a test expects of an error's body."""

from typing import Any

KEYS = {"code", "message", "system_message", "type", "status", "details", "trace_id", "timestamp"}


def assert_envelope(response: Any, status: int, code: str, kind: str) -> dict[str, Any]:
    """Return the error of a response, which has the contract's eight keys and these values."""
    body = response.json()
    assert set(body) == {"success", "error"}
    assert body["success"] is False
    error: dict[str, Any] = body["error"]
    assert set(error) == KEYS
    assert (response.status_code, error["status"]) == (status, status)
    assert (error["code"], error["type"]) == (code, kind)
    assert isinstance(error["details"], dict)
    assert error["trace_id"] == response["X-Request-ID"]
    assert response["Content-Type"] == "application/json"
    return error
