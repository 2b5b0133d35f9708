"""The cast of the tests."""

import pytest

from organizations.models import Membership, Organization
from tests.factories import MembershipFactory, OrganizationFactory


@pytest.fixture
def organization(db: None) -> Organization:
    """An organization with nobody in it yet."""
    return OrganizationFactory.create()


@pytest.fixture
def owner(organization: Organization) -> Membership:
    """The organization's only owner."""
    return MembershipFactory.create(organization=organization, roles=["Owner"])
