"""Who asks, and about whom."""

import pytest
from rest_framework.test import APIClient

from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.factories import MembershipFactory


@pytest.fixture
def as_owner(owner: Membership, client_of: ClientOf) -> APIClient:
    """A client of the organization's only owner."""
    return client_of(owner.user)


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    """Somebody in the owner's organization."""
    return MembershipFactory.create(organization=organization, roles=["Member"])
