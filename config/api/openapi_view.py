"""These views serve the OpenAPI description, as JSON and as a page."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request

from config.api.method import MethodFirstView


class DescriptionView(MethodFirstView, SpectacularJSONAPIView):
    """Serves the description, which is the same for everybody and made once per process."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            _description(),
            content_type=request.accepted_media_type,
            headers={"Content-Disposition": 'inline; filename="Offboard.json"'},
        )


class DocumentationView(MethodFirstView, SpectacularSwaggerSplitView):
    """Shows the description as a page that can send requests."""


@cache
def _description() -> bytes:
    """Return the API's description, always in the default language."""
    with translation.override(settings.LANGUAGE_CODE):
        description = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    content: bytes = OpenApiJsonRenderer().render(description, renderer_context={})
    return content
