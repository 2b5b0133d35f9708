"""A server that is told to stop finishes what it has begun."""

from contextlib import ExitStack

import pytest
from django.db import transaction

from organizations.models import Membership
from tests.concurrency import in_background, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory, OrganizationFactory
from tests.organizations.api.address import address_of
from tests.production import Answer, serving, token_of


@pytest.mark.django_db(transaction=True)
def test_a_removal_in_flight_is_done_and_answered() -> None:
    organization = OrganizationFactory.create()
    owner = MembershipFactory.create(organization=organization, roles=["Owner"])
    member = MembershipFactory.create(organization=organization)
    token = token_of(owner.user)
    with serving("--workers", "1") as server:

        def remove() -> Answer:
            return server.ask("DELETE", address_of(member), token=token, body={"confirm": True})

        with ExitStack() as both:
            with transaction.atomic():
                Membership.objects.select_for_update().get(pk=member.pk)
                removing = both.enter_context(in_background(remove))
                until_somebody_waits_for_a_lock()
                server.program.process.terminate()
                server.program.until("Handling signal: term")
            answer = removing.result()
        assert server.program.process.wait(30) == 0

    assert answer.status == 204
    assert not Membership.objects.current().filter(pk=member.pk).exists()
