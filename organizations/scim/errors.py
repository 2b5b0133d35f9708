"""Gives SCIM's error body to errors under ``/scim`` that the protocol does not answer."""

import json
from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

MEDIA_TYPE = "application/scim+json"
ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"


def error_response(status: int, detail: str) -> HttpResponse:
    """Return an error of SCIM (RFC 7644, section 3.12)."""
    error = {"schemas": [ERROR_SCHEMA], "status": str(int(status)), "detail": detail}
    return HttpResponse(json.dumps(error), status=status, content_type=MEDIA_TYPE)


class ErrorMiddleware:
    """Gives SCIM's body to errors that arise before the view: a wrong Host, an unknown path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if (
            request.path_info.startswith("/scim/")
            and response.status_code >= 400
            and response.headers.get("Content-Type") != MEDIA_TYPE
        ):
            answer = error_response(
                response.status_code, f"{HTTPStatus(response.status_code).phrase}."
            )
            for name, value in response.headers.items():
                answer.headers.setdefault(name, value)
            answer["Content-Length"] = str(len(answer.content))
            return answer
        return response
