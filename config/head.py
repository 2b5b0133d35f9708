"""Leaves out the body of an answer to a HEAD request."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.deprecation import MiddlewareMixin


class HeadMiddleware(MiddlewareMixin):
    """Empties the answer to a HEAD request, and keeps its length and other headers.

    Django leaves that to the server, and gunicorn logs a warning for each such answer.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        if request.method == "HEAD" and isinstance(response, HttpResponse):
            response.headers.setdefault("Content-Length", str(len(response.content)))
            response.content = b""
        return response
