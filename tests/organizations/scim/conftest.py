"""The directory and the member of these tests."""

import pytest

from organizations.models import Membership, Organization
from tests.factories import MembershipFactory
from tests.organizations.scim.caller import Directory


@pytest.fixture
def directory(organization: Organization, owner: Membership) -> Directory:
    """The directory of an organization that has an owner."""
    return Directory.of(organization)


@pytest.fixture
def member(organization: Organization) -> Membership:
    """A member whom the directory knows by the address alone."""
    return MembershipFactory.create(organization=organization, user__email="ada@example.com")
