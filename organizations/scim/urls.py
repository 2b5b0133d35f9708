"""The one address of SCIM; the protocol itself routes what is below it."""

from django.urls import path

from organizations.scim.views import scim

urlpatterns = [path("organizations/<str:organization_id>/<path:resource>", scim, name="scim")]
