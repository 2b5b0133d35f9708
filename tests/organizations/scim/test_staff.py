"""A leaver's staff account lives on unless the connection disables it."""

from typing import Any

import pytest
from django.test import Client

from organizations.models import Membership, Organization
from tests.factories import MembershipFactory
from tests.organizations.scim.caller import OFF, Directory, new_user, rights
from tests.organizations.scim.people import ADA
from users.models import User

WAYS_OUT = [
    pytest.param(lambda d, path: d.patch(path, OFF), id="patch"),
    pytest.param(lambda d, path: d.send("PUT", path, new_user(ADA, active=False)), id="put"),
    pytest.param(lambda d, path: d.send("DELETE", path), id="delete"),
    pytest.param(
        lambda d, path: d.send("POST", "/Users", new_user(ADA, active=False)), id="adopted"
    ),
]


@pytest.fixture
def member(organization: Organization, owner: Membership) -> Membership:
    """A member who may log into the admin."""
    return MembershipFactory.create(organization=organization, user__email=ADA, user__is_staff=True)


@pytest.mark.parametrize("disables", [False, True])
@pytest.mark.parametrize("way", WAYS_OUT)
def test_a_leaver_can_use_the_admin_unless_the_connection_disables_that(
    member: Membership, way: Any, disables: bool
) -> None:
    directory = Directory.of(member.organization, disable_staff=disables)
    browser = Client()
    browser.force_login(member.user)

    assert way(directory, f"/Users/{member.user_id}").status in (200, 201, 204)

    assert rights(member.organization, member.user_id) is None
    assert (browser.get("/admin/").status_code == 200) is not disables


def test_other_accounts_are_not_disabled(organization: Organization, owner: Membership) -> None:
    directory = Directory.of(organization, disable_staff=True)
    user_id = directory.add(ADA)

    directory.patch(f"/Users/{user_id}", OFF)

    assert User.objects.get(pk=user_id).is_active


def test_a_leaver_who_owns_another_organization_alone_is_taken_out_here(member: Membership) -> None:
    elsewhere = MembershipFactory.create(user=member.user, roles=["Owner"])
    directory = Directory.of(member.organization, disable_staff=True)

    answer = directory.patch(f"/Users/{member.user_id}", OFF)

    assert answer.status == 200
    assert rights(member.organization, member.user_id) is None
    assert rights(elsewhere.organization, member.user_id)
