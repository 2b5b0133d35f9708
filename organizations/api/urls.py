"""The addresses of the API, below ``/v1``."""

from django.urls import path

from organizations.api.assignment import AssignmentView
from organizations.api.bulk_removal import BulkRemovalView
from organizations.api.deactivation import DeactivationView, ReactivationView
from organizations.api.restoration import RestorationPreviewView, RestorationView
from organizations.api.transfer import TransferView
from organizations.api.views import OrganizationUserView, RemovalPreviewView

urlpatterns = [
    path(
        "organizations/<str:organization_id>/users/delete-bulk",
        BulkRemovalView.as_view(),
        name="bulk-removal",
    ),
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
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/deactivate",
        DeactivationView.as_view(),
        name="deactivation",
    ),
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/reactivate",
        ReactivationView.as_view(),
        name="reactivation",
    ),
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/transfer-resources",
        TransferView.as_view(),
        name="transfer",
    ),
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/memberships",
        AssignmentView.as_view(),
        name="assignment",
    ),
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/restore-preview",
        RestorationPreviewView.as_view(),
        name="restoration-preview",
    ),
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/restore",
        RestorationView.as_view(),
        name="restoration",
    ),
]
