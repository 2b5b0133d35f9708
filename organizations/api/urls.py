"""The addresses of the API, below ``/v1``."""

from django.urls import path

from organizations.api.views import OrganizationUserView, RemovalPreviewView

urlpatterns = [
    path(
        "organizations/<str:organization_id>/users/<str:user_id>",
        OrganizationUserView.as_view(),
        name="organization-user",
    ),
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/removal-preview",
        RemovalPreviewView.as_view(),
        name="removal-preview",
    ),
]
