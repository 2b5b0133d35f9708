"""The URLs of the application."""

from csp.constants import UNSAFE_INLINE
from csp.decorators import csp_update
from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from config.api.openapi_view import DescriptionView, DocumentationView
from config.metrics import metrics

# Swagger UI needs inline styles.
docs = csp_update({"style-src": [UNSAFE_INLINE]})(DocumentationView.as_view(url_name="openapi"))

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="docs")),
    path("admin/oidc/", include("users.oidc.urls")),
    path("admin/", admin.site.urls),
    path("metrics", metrics),
    path("v1/openapi.json", DescriptionView.as_view(), name="openapi"),
    path("v1/docs", docs, name="docs"),
    path("scim/v2/", include("organizations.scim.urls")),
    path("v1/", include("organizations.api.urls")),
]

handler400 = "config.admin.refusals.bad_request"
handler403 = "config.admin.refusals.permission_denied"
