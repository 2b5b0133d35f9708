"""A server survives the loss of idle database connections."""

import pytest

from organizations.models import Membership
from tests.concurrency import cut_everybody_else
from tests.factories import MembershipFactory, OrganizationFactory
from tests.organizations.api.address import address_of
from tests.production import serving, token_of


@pytest.mark.django_db(transaction=True)
def test_the_next_requests_are_answered_on_new_connections() -> None:
    organization = OrganizationFactory.create()
    owner = MembershipFactory.create(organization=organization, roles=["Owner"])
    members = MembershipFactory.create_batch(10, organization=organization)
    token = token_of(owner.user)
    with serving("--workers", "1") as server:
        preview = f"{address_of(owner)}/removal-preview"
        assert server.ask("GET", preview, token=token).status == 200

        cut_everybody_else()
        answers = [
            server.ask("DELETE", address_of(member), token=token, body={"confirm": True})
            for member in members
        ]

    assert {answer.status for answer in answers} == {204}
    assert not Membership.objects.current().filter(pk__in=[m.pk for m in members]).exists()
