"""Who asks, and about whom."""

from collections.abc import Callable

import pytest
from rest_framework.test import APIClient

from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.factories import MembershipFactory, RoleFactory

ClientHolding = Callable[..., APIClient]


@pytest.fixture
def as_owner(owner: Membership, client_of: ClientOf) -> APIClient:
    """A client of the organization's only owner."""
    return client_of(owner.user)


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    """Somebody in the owner's organization."""
    return MembershipFactory.create(organization=organization, roles=["Member"])


@pytest.fixture
def client_holding(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> ClientHolding:
    """Makes the client of a new member who holds these capabilities alone."""

    def client_holding(*capabilities: str) -> APIClient:
        roles = []
        if capabilities:
            roles = [RoleFactory.create(organization=organization, capabilities=capabilities)]
        return client_of(MembershipFactory.create(organization=organization, roles=roles).user)

    return client_holding
