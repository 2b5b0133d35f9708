"""API requests over plain HTTP are refused, since they have already exposed their token."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from config.api.envelope import ErrorResponse, is_for_api
from config.api.errors import HttpsRequiredError
from config.trace import trace_id_of


class HttpsMiddleware:
    """Refuses API requests over HTTP: a redirect would turn some clients' DELETE into a GET.

    Pages are redirected to HTTPS by Django's SecurityMiddleware, which runs after this.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if settings.SECURE_SSL_REDIRECT and is_for_api(request) and not request.is_secure():
            return ErrorResponse(HttpsRequiredError(), trace_id_of(request))
        return self.get_response(request)
