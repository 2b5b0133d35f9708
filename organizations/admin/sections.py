"""The lists of the admin, in the sections and the order in which its first page has them."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import Group
from django.db.models import Model
from django.http import HttpRequest
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.models import (
    Connection,
    Department,
    Event,
    Membership,
    OffboardingStep,
    OffboardingTask,
    Organization,
    Removal,
    Resource,
    Role,
    ScheduledRemoval,
    ScimIdentity,
    WebhookDelivery,
    WebhookEndpoint,
)
from users.models import AccessToken, User

SECTIONS: dict[str, tuple[type[Model], ...]] = {
    "People": (Membership, Organization, Department, Role, Resource, OffboardingStep),
    "Records": (Removal, OffboardingTask, ScheduledRemoval, Event),
    "Systems": (Connection, ScimIdentity, WebhookEndpoint, WebhookDelivery, ProcrastinateJob),
    "Accounts": (User, AccessToken, Group),
}


def sections_of(request: HttpRequest) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Yield each section's name and its lists, as Django describes those the reader may see."""
    lists = {
        each["model"]: each for app in admin.site.get_app_list(request) for each in app["models"]
    }
    for name, models in SECTIONS.items():
        if shown := [lists[model] for model in models if model in lists]:
            yield name, shown
