"""Serves the OpenAPI description."""

from functools import cache
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request


class DescriptionView(SpectacularJSONAPIView):
    """Serves the description, which is the same for everybody and made once per process.

    Clients may store it if they ask each time whether it is still the same: a new version of this
    application has another.
    """

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Return the description, or 304 to whoever has it already."""
        content, etag = _description()
        response = HttpResponse(
            content,
            content_type=request.accepted_media_type,
            headers={
                "Cache-Control": "no-cache",
                "Content-Disposition": 'inline; filename="Offboard.json"',
                "ETag": etag,
            },
        )
        return get_conditional_response(request._request, etag=etag, response=response) or response


@cache
def _description() -> tuple[bytes, str]:
    """Return the API's description, in the default language whatever is asked for; its ETag."""
    with translation.override(settings.LANGUAGE_CODE):
        description = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    content: bytes = OpenApiJsonRenderer().render(description, renderer_context={})
    return content, quote_etag(sha256(content).hexdigest())
