"""The cast of an organization."""

import pytest

from organizations.models import Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    """A member with a role and a department, beside the owner."""
    return MembershipFactory.create(
        organization=organization,
        roles=["Member"],
        departments=[DepartmentFactory.create(organization=organization)],
    )
