"""The API's short way past what only pages need."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve
from rest_framework.response import Response

from config.api.view import ApiView


class ApiMiddleware:
    """Answer requests to the API at once: no session, login, message or page policy is theirs.

    What is above it in MIDDLEWARE is for every response, what is below it for pages.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_page = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_page(request)
        if not issubclass(getattr(match.func, "cls", object), ApiView):
            return self.get_page(request)
        request.resolver_match = match
        response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
        if isinstance(response, Response):
            response.render()
        return response
