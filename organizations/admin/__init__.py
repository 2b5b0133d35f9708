"""The admin of organizations, their members and their records."""

from typing import cast

from django.contrib import admin

from config.admin.site import OffboardAdminSite
from organizations.admin import (  # noqa: F401  # each registers its models
    connections,
    departments,
    events,
    jobs,
    memberships,
    offboarding_steps,
    offboarding_tasks,
    organizations,
    overview,
    removals,
    resources,
    roles,
    scheduled_removals,
    webhook_deliveries,
    webhook_endpoints,
)

cast("OffboardAdminSite", admin.site).overview_of = overview.context_of
