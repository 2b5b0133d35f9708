"""This view serves the OpenAPI description."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils import translation
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularJSONAPIView
from rest_framework.request import Request


class DescriptionView(SpectacularJSONAPIView):
    """Serves the description, which is the same for everybody and made once per process."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(
            _description(),
            content_type=request.accepted_media_type,
            headers={"Content-Disposition": 'inline; filename="Offboard.json"'},
        )


@cache
def _description() -> bytes:
    """Return the API's description, in the default language whatever is asked for."""
    with translation.override(settings.LANGUAGE_CODE):
        description = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    content: bytes = OpenApiJsonRenderer().render(description, renderer_context={})
    return content
