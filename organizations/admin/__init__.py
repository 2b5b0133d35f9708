"""The admin of organizations, their members and their records."""

from typing import cast

from django.contrib import admin

from config.admin.site import OffboardAdminSite
from organizations.admin import overview
from organizations.admin.connections import ConnectionAdmin, ScimIdentityAdmin
from organizations.admin.departments import DepartmentAdmin
from organizations.admin.events import EventAdmin
from organizations.admin.jobs import JobAdmin
from organizations.admin.memberships import MembershipAdmin
from organizations.admin.offboarding_steps import OffboardingStepAdmin
from organizations.admin.offboarding_tasks import OffboardingTaskAdmin
from organizations.admin.organizations import OrganizationAdmin
from organizations.admin.removals import RemovalAdmin
from organizations.admin.resources import ResourceAdmin
from organizations.admin.roles import RoleAdmin
from organizations.admin.scheduled_removals import ScheduledRemovalAdmin
from organizations.admin.webhook_deliveries import WebhookDeliveryAdmin
from organizations.admin.webhook_endpoints import WebhookEndpointAdmin

cast("OffboardAdminSite", admin.site).overview_of = overview.context_of

__all__ = [
    "ConnectionAdmin",
    "DepartmentAdmin",
    "EventAdmin",
    "JobAdmin",
    "MembershipAdmin",
    "OffboardingStepAdmin",
    "OffboardingTaskAdmin",
    "OrganizationAdmin",
    "RemovalAdmin",
    "ResourceAdmin",
    "RoleAdmin",
    "ScheduledRemovalAdmin",
    "ScimIdentityAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
]
