"""From events to deliveries, in the transaction of a worker."""

import pytest
from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.models import ProcrastinateJob

from organizations.events.delivery import SEND
from organizations.events.fan_out import deliver_to_endpoints
from organizations.models import WebhookDelivery
from tests.concurrency import in_background
from tests.factories import EventFactory, WebhookEndpointFactory


@pytest.mark.django_db(transaction=True)
def test_a_worker_defers_what_it_is_to_send_in_the_transaction_that_makes_it() -> None:
    endpoint = WebhookEndpointFactory.create()
    event = EventFactory.create(organization=endpoint.organization)
    last = ProcrastinateJob.objects.order_by("pk").values_list("pk", flat=True).last()
    sends = ProcrastinateJob.objects.filter(task_name=SEND, pk__gt=last)

    assert isinstance(app.connector, DjangoConnector)
    with app.replace_connector(app.connector.get_worker_connector()), transaction.atomic():
        deliver_to_endpoints([event.pk])
        with in_background(sends.count) as seen_by_others:
            assert seen_by_others.result() == 0
        transaction.set_rollback(True)

    assert not sends.exists()
    assert not WebhookDelivery.objects.exists()
