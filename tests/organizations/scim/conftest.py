"""The cast of the directory's tests."""

import pytest

from organizations.models import Membership, Organization
from tests.organizations.scim.caller import Directory


@pytest.fixture
def directory(organization: Organization, owner: Membership) -> Directory:
    """The directory of an organization that has an owner."""
    return Directory.of(organization)
