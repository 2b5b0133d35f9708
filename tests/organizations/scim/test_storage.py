"""The storage gives a user or a group the whole state that the library hands it."""

import pytest
from scim2_models import NotFoundException, ResourceType

from organizations.models import DepartmentMembership, Organization
from organizations.scim.protocol import PROVIDER, SERVICE
from organizations.scim.resources import Group, User
from organizations.scim.storage import MemberStorage
from tests.factories import DepartmentFactory
from tests.organizations.scim.caller import Directory
from tests.organizations.scim.populate import populate


def type_at(endpoint: str) -> ResourceType:
    return SERVICE.resource_type_at(endpoint)


@pytest.fixture
def storage(organization: Organization) -> MemberStorage:
    return MemberStorage(Directory.of(organization).connection, locks=True)


def test_a_user_is_given_another_state(storage: MemberStorage, organization: Organization) -> None:
    [user_id] = populate(organization, 1)
    with PROVIDER:
        user = storage.get(type_at("/Users"), user_id)
        assert isinstance(user, User)
        user.display_name, user.active = "Lea", False

        updated = storage.update(type_at("/Users"), user)

        assert updated == storage.get(type_at("/Users"), user_id)
        assert isinstance(updated, User)
        assert (updated.display_name, updated.active) == ("Lea", False)
    assert organization.memberships.get(user=user_id).deactivated_at


def test_a_group_is_given_another_name_and_other_members(
    storage: MemberStorage, organization: Organization
) -> None:
    staying, leaving, joining = populate(organization, 3)
    department = DepartmentFactory.create(organization=organization)
    for user_id in (staying, leaving):
        DepartmentMembership.objects.create(
            organization=organization,
            membership=organization.memberships.get(user=user_id),
            department=department,
        )
    members = [{"value": user_id} for user_id in (staying, joining)]
    with PROVIDER:
        group = Group.model_validate(
            {"id": department.pk, "displayName": "Support", "members": members}
        )

        updated = storage.update(type_at("/Groups"), group)

        assert isinstance(updated, Group)
        assert updated.display_name == "Support"
        assert {member.value for member in updated.members or []} == {staying, joining}


@pytest.mark.parametrize(
    ("endpoint", "resource"),
    [
        ("/Users", User(id="usr_unknown1", user_name="lea")),
        ("/Groups", Group(id="dept_unknown1", display_name="Support")),
    ],
    ids=["user", "group"],
)
def test_what_is_not_there_is_not_found(
    storage: MemberStorage, endpoint: str, resource: User | Group
) -> None:
    with PROVIDER, pytest.raises(NotFoundException):
        storage.update(type_at(endpoint), resource)
