"""The members of these tests."""

import pytest

from organizations.models import Membership, Organization
from tests.factories import MembershipFactory


@pytest.fixture
def members(organization: Organization, owner: Membership) -> list[Membership]:
    return MembershipFactory.create_batch(5, organization=organization, roles=["Member"])
