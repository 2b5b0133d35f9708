"""Refuses a wrong method before anything else is done for the request."""

from typing import Any

from rest_framework.request import Request
from rest_framework.views import APIView


class MethodFirstView(APIView):
    """A view that answers a wrong method with 405 and counts it against no rate."""

    http_method_names = ["get", "head", "post", "put", "patch", "delete"]  # noqa: RUF012 (as Django)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:
            self.http_method_not_allowed(request)
        super().initial(request, *args, **kwargs)
