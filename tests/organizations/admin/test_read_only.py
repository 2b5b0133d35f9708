"""What only the services write, not even superusers add, change or delete in the admin."""

from django.db.models import Model
from django.test import Client
from django.urls import reverse

from organizations.models import (
    Connection,
    Event,
    Membership,
    OffboardingTask,
    Organization,
    Removal,
    ScheduledRemoval,
    ScimIdentity,
    WebhookDelivery,
    WebhookEndpoint,
)
from tests.directories import connect, manage
from tests.factories import MembershipFactory, OffboardingStepFactory, WebhookDeliveryFactory
from tests.organizations.admin.page import text_of
from tests.removals import remove
from tests.schedules import schedule

REFUSED: dict[type[Model], tuple[str, ...]] = {
    Membership: ("delete",),
    Connection: ("delete",),
    WebhookEndpoint: ("add", "delete"),
    **dict.fromkeys(
        (Event, OffboardingTask, Removal, ScheduledRemoval, ScimIdentity, WebhookDelivery),
        ("add", "change", "delete"),
    ),
}


def test_a_form_for_it_is_refused_and_its_page_offers_no_deletion(
    browser: Client, organization: Organization, member: Membership
) -> None:
    OffboardingStepFactory.create(organization=organization)
    WebhookDeliveryFactory.create(endpoint__organization=organization)
    connect(organization)
    manage(member)
    remove(MembershipFactory.create(organization=organization))
    schedule(member)

    for model, pages in REFUSED.items():
        name, row = f"admin:organizations_{model._meta.model_name}", model._default_manager.first()
        assert row
        for page in pages:
            address = reverse(f"{name}_{page}", args=() if page == "add" else (row.pk,))
            answer = browser.post(address, {"post": "yes"})
            assert answer.status_code == 403, (model, page)
        assert "deletelink" not in text_of(browser.get(reverse(f"{name}_change", args=[row.pk])))
