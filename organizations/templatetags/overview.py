"""What the first page of the admin begins with."""

from typing import Any

from django import template
from django.contrib import admin
from django.http import HttpRequest
from django.template.context import Context

from organizations.admin import overview
from organizations.models import (
    Organization,
    Removal,
    Resource,
    ScheduledRemoval,
    WebhookEndpoint,
)
from users.login import staff_of

register = template.Library()


@register.inclusion_tag("admin/organizations/overview.html", takes_context=True, name="overview")
def show(context: Context) -> dict[str, Any]:
    """Show what needs staff and how many were removed, to whoever may see the lists of it."""
    request: HttpRequest = context["request"]

    def may_see(model: Any) -> bool:
        return admin.site.get_model_admin(model).has_view_permission(request)

    concerns = []
    if may_see(Resource):
        concerns.append(overview.resources_whose_owner_has_left())
    if may_see(Organization):
        concerns.append(overview.organizations_with_one_owner())
    if may_see(WebhookEndpoint):
        concerns.append(overview.disabled_webhook_endpoints())
    if may_see(ScheduledRemoval):
        concerns.append(overview.failed_scheduled_removals(staff_of(request)))
    weeks = overview.removals_by_week() if may_see(Removal) else []
    return {
        "concerns": concerns,
        "weeks": weeks,
        "removals": overview.removals_since(weeks[0].monday) if weeks else "",
    }
