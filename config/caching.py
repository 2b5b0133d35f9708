"""Forbids caches to store the answers of the API and of SCIM."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.api.envelope import is_for_api


class NoStoreMiddleware:
    """Forbids storing any answer of ``/v1`` and SCIM, errors included (contract: caches)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if is_for_api(request) or request.path_info.startswith("/scim/"):
            response["Cache-Control"] = "no-store"
        return response
