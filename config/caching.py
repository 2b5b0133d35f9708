"""Forbids caches to store what the API and SCIM answer."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

from config.api.envelope import is_for_api


class NoStoreMiddleware(MiddlewareMixin):
    """Forbids storing any answer of ``/v1`` and SCIM, errors included (contract: caches)."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if is_for_api(request) or request.path_info.startswith("/scim/"):
            response["Cache-Control"] = "no-store"
        return response
