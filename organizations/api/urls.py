"""The addresses of the API, below ``/v1``."""

from django.urls import path

from organizations.api.assignment import AssignmentView
from organizations.api.audit_log import EventExportView, EventListView
from organizations.api.bulk_removal import BulkRemovalView
from organizations.api.deactivation import DeactivationView, ReactivationView
from organizations.api.departments_and_roles import DepartmentListView, RoleListView
from organizations.api.removal import OrganizationUserView, RemovalPreviewView
from organizations.api.removals import RemovalExportView, RemovalListView, RemovalRecordView
from organizations.api.restoration import RestorationPreviewView, RestorationView
from organizations.api.scheduled_removals import (
    ScheduledRemovalListView,
    ScheduledRemovalView,
)
from organizations.api.transfer import TransferView
from organizations.api.users import UserListView
from organizations.api.webhook_deliveries import (
    DeliveryListView,
    EndpointTestView,
    RedeliveryView,
)
from organizations.api.webhook_endpoints import (
    EndpointListView,
    EndpointView,
    SecretRotationView,
)

urlpatterns = [
    path(
        "organizations/<str:organization_id>/users",
        UserListView.as_view(),
        name="users",
    ),
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
    path(
        "organizations/<str:organization_id>/users/<str:user_id>/scheduled-removal",
        ScheduledRemovalView.as_view(),
        name="scheduled-removal",
    ),
    path(
        "organizations/<str:organization_id>/scheduled-removals",
        ScheduledRemovalListView.as_view(),
        name="scheduled-removals",
    ),
    path(
        "organizations/<str:organization_id>/departments",
        DepartmentListView.as_view(),
        name="departments",
    ),
    path(
        "organizations/<str:organization_id>/roles",
        RoleListView.as_view(),
        name="roles",
    ),
    path(
        "organizations/<str:organization_id>/removals",
        RemovalListView.as_view(),
        name="removals",
    ),
    path(
        "organizations/<str:organization_id>/removals/export",
        RemovalExportView.as_view(),
        name="removal-export",
    ),
    path(
        "organizations/<str:organization_id>/removals/<str:removal_id>",
        RemovalRecordView.as_view(),
        name="removal",
    ),
    path(
        "organizations/<str:organization_id>/audit-log",
        EventListView.as_view(),
        name="audit-log",
    ),
    path(
        "organizations/<str:organization_id>/audit-log/export",
        EventExportView.as_view(),
        name="audit-log-export",
    ),
    path(
        "organizations/<str:organization_id>/webhook-endpoints",
        EndpointListView.as_view(),
        name="webhook-endpoints",
    ),
    path(
        "organizations/<str:organization_id>/webhook-endpoints/<str:endpoint_id>",
        EndpointView.as_view(),
        name="webhook-endpoint",
    ),
    path(
        "organizations/<str:organization_id>/webhook-endpoints/<str:endpoint_id>/rotate-secret",
        SecretRotationView.as_view(),
        name="webhook-secret-rotation",
    ),
    path(
        "organizations/<str:organization_id>/webhook-endpoints/<str:endpoint_id>/test",
        EndpointTestView.as_view(),
        name="webhook-test",
    ),
    path(
        "organizations/<str:organization_id>/webhook-endpoints/<str:endpoint_id>/deliveries",
        DeliveryListView.as_view(),
        name="webhook-deliveries",
    ),
    path(
        "organizations/<str:organization_id>/webhook-endpoints/<str:endpoint_id>/deliveries/"
        "<str:delivery_id>/redeliver",
        RedeliveryView.as_view(),
        name="webhook-redelivery",
    ),
]
