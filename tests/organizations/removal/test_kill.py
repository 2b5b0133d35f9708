"""A server that is killed in the middle of a removal leaves all of it or nothing."""

import http.client
import json
import os
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import transaction

from organizations.models import Membership, Removal, Resource
from tests.concurrency import (
    cut_whoever_waits_for_a_lock,
    in_background,
    until_nobody_else_is_at_work,
    until_somebody_waits_for_a_lock,
)
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
)
from tests.organizations.api.address import address_of
from tests.production import Production, serving, token_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def server() -> Iterator[Production]:
    """The application with one process, which is the one to be killed."""
    with serving("--workers=1") as server:
        yield server


@pytest.mark.parametrize("connection_dies", [False, True], ids=["server", "its connection too"])
def test_killed_in_the_middle_of_a_removal_nothing_is_done(
    server: Production, connection_dies: bool
) -> None:
    organization = OrganizationFactory.create()
    owner = MembershipFactory.create(organization=organization, roles=["Owner"])
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member", "Admin"], departments=[department]
    )
    resources = ResourceFactory.create_batch(3, organization=organization, owner=member.user)
    token = token_of(owner.user)

    def remove() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        body = json.dumps({"confirm": True, "transfer_resources_to_department_id": department.pk})
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        with suppress(ConnectionError, http.client.HTTPException):
            connection.request("DELETE", address_of(member), body, headers)
            raise AssertionError(connection.getresponse().read())

    with transaction.atomic():
        # One resource is held, so the removal stops halfway: roles and departments are deleted.
        Resource.objects.select_for_update().get(pk=resources[-1].pk)
        with in_background(remove) as removing:
            until_somebody_waits_for_a_lock()
            worker = int(server.program.until(r"Booting worker with pid: (\d+)")[1])
            server.program.process.kill()
            os.kill(worker, signal.SIGKILL)
            removing.result()
            if connection_dies:
                cut_whoever_waits_for_a_lock()
    until_nobody_else_is_at_work()

    member = Membership.objects.get(pk=member.pk)
    assert member.is_current
    assert (member.role_assignments.count(), member.department_memberships.count()) == (2, 1)
    assert Resource.objects.owned_by(member.user_id).count() == 3
    assert not Removal.objects.exists()
