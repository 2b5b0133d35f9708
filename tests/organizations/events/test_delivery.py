"""What reaches an endpoint of the events that it wants to hear of."""

import pytest
from pytest_django.fixtures import Settings

from organizations.events.secrets import secret_of
from organizations.models import Removal, WebhookDelivery, WebhookEndpoint
from tests.factories import MembershipFactory
from tests.receivers import receiver
from tests.removals import remove
from tests.workers import work


@pytest.mark.django_db(transaction=True)
def test_a_removal_arrives_signed(settings: Settings) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE = True
    member = MembershipFactory.create()
    with receiver() as heard:
        endpoint = WebhookEndpoint.objects.create(organization=member.organization, url=heard.url)
        remove(member)

        work()

    [event] = heard.events(secret_of(endpoint, 1))
    removal = Removal.objects.get()
    assert event["type"] == "member.removed"
    assert event["data"]["removal_id"] == removal.pk
    delivery = WebhookDelivery.objects.get()
    assert delivery.status == "delivered"
    assert heard.ids == [delivery.event_id]
