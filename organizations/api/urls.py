"""The addresses of the API, below ``/v1``."""

from django.urls import URLPattern, URLResolver, include, path, register_converter
from django.urls.converters import PathConverter

from organizations.api.assignment import AssignmentView
from organizations.api.audit_log import EventExportView, EventListView
from organizations.api.bulk_removal import BulkRemovalView
from organizations.api.connections import ConnectionListView, ConnectionView, TokenRotationView
from organizations.api.deactivation import DeactivationView, ReactivationView
from organizations.api.departments import DepartmentListView, DepartmentView
from organizations.api.invitation import InvitationView
from organizations.api.moved_resources import MovedResourceListView
from organizations.api.offboarding_steps import StepListView, StepView
from organizations.api.offboarding_tasks import TaskListView, TaskView
from organizations.api.permissions import EffectivePermissionsView, MeView
from organizations.api.removal import OrganizationUserView, RemovalPreviewView
from organizations.api.removals import RemovalExportView, RemovalListView, RemovalRecordView
from organizations.api.resource_import import ResourceImportView
from organizations.api.resource_list import ResourceListView
from organizations.api.resources import KeyedResourceView, ResourceView
from organizations.api.restoration import RestorationPreviewView, RestorationView
from organizations.api.roles import RoleListView, RoleView
from organizations.api.scheduled_removals import ScheduledRemovalListView, ScheduledRemovalView
from organizations.api.transfer import TransferView
from organizations.api.users import UserListView
from organizations.api.webhook_deliveries import DeliveryListView, EndpointTestView, RedeliveryView
from organizations.api.webhook_endpoints import EndpointListView, EndpointView, SecretRotationView


class KeyConverter(PathConverter):
    """The key of a resource, with any characters; the view refuses those that are invalid."""

    regex = "(?s:.+)"


register_converter(KeyConverter, "key")

_OF_USER = [
    path("removal-preview", RemovalPreviewView.as_view(), name="removal-preview"),
    path("deactivate", DeactivationView.as_view(), name="deactivation"),
    path("reactivate", ReactivationView.as_view(), name="reactivation"),
    path("transfer-resources", TransferView.as_view(), name="transfer"),
    path("effective-permissions", EffectivePermissionsView.as_view(), name="permissions"),
    path("memberships", AssignmentView.as_view(), name="assignment"),
    path("restore-preview", RestorationPreviewView.as_view(), name="restoration-preview"),
    path("restore", RestorationView.as_view(), name="restoration"),
    path("scheduled-removal", ScheduledRemovalView.as_view(), name="scheduled-removal"),
]

_OF_ENDPOINT = [
    path("rotate-secret", SecretRotationView.as_view(), name="webhook-secret-rotation"),
    path("test", EndpointTestView.as_view(), name="webhook-test"),
    path("deliveries", DeliveryListView.as_view(), name="webhook-deliveries"),
    path(
        "deliveries/<str:delivery_id>/redeliver",
        RedeliveryView.as_view(),
        name="webhook-redelivery",
    ),
]

_OF_ORGANIZATION: list[URLPattern | URLResolver] = [
    path("users", UserListView.as_view(), name="users"),
    path("users/invite/v2", InvitationView.as_view(), name="invitation"),
    path("users/delete-bulk", BulkRemovalView.as_view(), name="bulk-removal"),
    path("users/<str:user_id>", OrganizationUserView.as_view(), name="organization-user"),
    path("users/<str:user_id>/", include(_OF_USER)),
    path("scheduled-removals", ScheduledRemovalListView.as_view(), name="scheduled-removals"),
    path("resources", ResourceListView.as_view(), name="resources"),
    path("resources/import", ResourceImportView.as_view(), name="resource-import"),
    path("resources/<str:resource_id>", ResourceView.as_view(), name="resource"),
    path(
        "resources/<str:type>/<key:external_id>", KeyedResourceView.as_view(), name="keyed-resource"
    ),
    path("offboarding-steps", StepListView.as_view(), name="offboarding-steps"),
    path("offboarding-steps/<str:key>", StepView.as_view(), name="offboarding-step"),
    path("offboarding-tasks", TaskListView.as_view(), name="offboarding-tasks"),
    path("offboarding-tasks/<str:task_id>", TaskView.as_view(), name="offboarding-task"),
    path("departments", DepartmentListView.as_view(), name="departments"),
    path("departments/<str:department_id>", DepartmentView.as_view(), name="department"),
    path("roles", RoleListView.as_view(), name="roles"),
    path("roles/<str:role_id>", RoleView.as_view(), name="role"),
    path("removals", RemovalListView.as_view(), name="removals"),
    path("removals/export", RemovalExportView.as_view(), name="removal-export"),
    path(
        "removals/<str:removal_id>/resources",
        MovedResourceListView.as_view(),
        name="moved-resources",
    ),
    path("removals/<str:removal_id>", RemovalRecordView.as_view(), name="removal"),
    path("audit-log", EventListView.as_view(), name="audit-log"),
    path("audit-log/export", EventExportView.as_view(), name="audit-log-export"),
    path("connections", ConnectionListView.as_view(), name="connections"),
    path("connections/<str:connection_id>", ConnectionView.as_view(), name="connection"),
    path(
        "connections/<str:connection_id>/rotate-token",
        TokenRotationView.as_view(),
        name="connection-token-rotation",
    ),
    path("webhook-endpoints", EndpointListView.as_view(), name="webhook-endpoints"),
    path("webhook-endpoints/<str:endpoint_id>", EndpointView.as_view(), name="webhook-endpoint"),
    path("webhook-endpoints/<str:endpoint_id>/", include(_OF_ENDPOINT)),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("user/me", MeView.as_view(), name="me"),
    path("organizations/<str:organization_id>/", include(_OF_ORGANIZATION)),
]
