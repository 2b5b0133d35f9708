"""The addresses of SCIM, one for all: the protocol has its own routes below."""

from django.urls import path

from organizations.scim.views import scim

urlpatterns = [path("organizations/<str:organization_id>/<path:resource>", scim, name="scim")]
