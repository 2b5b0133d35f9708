"""Who follows the log."""

import pytest
from rest_framework.test import APIClient

from organizations.models import Membership, Organization
from tests.conftest import ClientOf
from tests.factories import MembershipFactory, RoleFactory


@pytest.fixture
def client(organization: Organization, owner: Membership, client_of: ClientOf) -> APIClient:
    """A member who may look at the log, and no more."""
    role = RoleFactory.create(organization=organization, capabilities=["view_audit_log"])
    return client_of(MembershipFactory.create(organization=organization, roles=[role]).user)
