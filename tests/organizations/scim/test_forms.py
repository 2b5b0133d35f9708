"""Each form of a change that directories send, and what the member can do after it."""

from typing import Any

import pytest

from organizations.capabilities import Capability
from organizations.models import Event, Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory
from tests.organizations.scim.caller import USER, Directory, new_user, replacing, rights

ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"

# Okta's, Entra ID's, and the RFC's.
STATES = [
    pytest.param(lambda state: {"op": "replace", "value": {"active": state}}, id="okta"),
    pytest.param(
        lambda state: {"op": "Replace", "path": "active", "value": str(state)}, id="entra"
    ),
    pytest.param(lambda state: replacing("active", state), id="boolean"),
    pytest.param(
        lambda state: {"op": "add", "path": f"{USER}:active", "value": state}, id="whole_path"
    ),
    pytest.param(lambda state: {"op": "Add", "value": {f"{USER}:active": str(state)}}, id="key"),
]


@pytest.fixture
def viewer(organization: Organization) -> Membership:
    """A member who may view the audit log."""
    role = RoleFactory.create(organization=organization, capabilities=["view_audit_log"])
    return MembershipFactory.create(organization=organization, roles=[role])


def may_view(member: Membership) -> bool:
    """Tell whether the viewer can do what their role grants."""
    return rights(member.organization, member.user_id) == frozenset({Capability.VIEW_AUDIT_LOG})


@pytest.mark.parametrize("form", STATES)
def test_a_patch_takes_a_members_rights_and_gives_them_back(
    directory: Directory, viewer: Membership, form: Any
) -> None:
    out = directory.patch(f"/Users/{viewer.user_id}", form(False))
    assert (out.status, out.body["active"]) == (200, False)
    assert rights(viewer.organization, viewer.user_id) is None

    back = directory.patch(f"/Users/{viewer.user_id}", form(True))
    assert (back.status, back.body["active"]) == (200, True)
    assert may_view(viewer)


def test_a_put_of_the_whole_user_takes_their_rights_and_gives_them_back(
    directory: Directory, viewer: Membership
) -> None:
    path = f"/Users/{viewer.user_id}"
    user = directory.send("GET", path).body

    assert directory.send("PUT", path, user | {"active": False}).status == 200
    assert rights(viewer.organization, viewer.user_id) is None

    assert directory.send("PUT", path, user | {"active": True}).status == 200
    assert may_view(viewer)


@pytest.mark.parametrize("state", [{}, {"active": None}], ids=["left_out", "null"])
@pytest.mark.parametrize("is_active", [True, False])
def test_a_put_without_a_state_leaves_it(
    directory: Directory, viewer: Membership, is_active: bool, state: dict[str, None]
) -> None:
    path = f"/Users/{viewer.user_id}"
    directory.patch(path, replacing("active", is_active))

    answer = directory.send("PUT", path, new_user("viewer@example.com", **state))

    assert (answer.status, answer.body["active"]) == (200, is_active)
    assert may_view(viewer) is is_active


@pytest.mark.parametrize(
    "operation",
    [
        replacing("active", None),
        {"op": "replace", "value": {"active": None, "displayName": "V"}},
        {"op": "remove", "path": "active"},
        replacing("displayName", "V"),
    ],
)
@pytest.mark.parametrize("is_active", [True, False])
def test_a_patch_without_a_state_leaves_it(
    directory: Directory, viewer: Membership, is_active: bool, operation: dict[str, Any]
) -> None:
    path = f"/Users/{viewer.user_id}"
    directory.patch(path, replacing("active", is_active))

    answer = directory.patch(path, operation)

    assert (answer.status, answer.body["active"]) == (200, is_active)
    assert may_view(viewer) is is_active


def test_what_is_not_published_is_passed_over(
    directory: Directory, organization: Organization
) -> None:
    answer = directory.send(
        "POST",
        "/Users",
        new_user(
            "ada@example.com",
            password="hunter2",  # noqa: S106 (what some directories send)
            groups=[],
            roles=[],
            title="Countess",
            **{ENTERPRISE: {"employeeNumber": "1", "manager": {"value": "2"}}},
        )
        | {"schemas": [USER, ENTERPRISE]},
    )

    assert answer.status == 201
    member = Membership.objects.get(organization=organization, user=answer.body["id"])
    assert not member.user.has_usable_password()
    assert rights(organization, member.user_id) == frozenset()
    assert [assignment.role.name for assignment in member.role_assignments.all()] == ["Member"]


def test_a_repeated_post_wipes_nothing(directory: Directory, organization: Organization) -> None:
    user_id = directory.add("ada@example.com", externalId="1", displayName="Ada")
    department = DepartmentFactory.create(organization=organization)
    directory.patch(f"/Groups/{department.pk}", _members("add", user_id))
    before = directory.send("GET", f"/Users/{user_id}").body
    events = Event.objects.count()

    answer = directory.send("POST", "/Users", new_user("ADA@example.com", active=False))

    assert answer.outcome == (409, "uniqueness")
    assert answer.body["detail"] == "There is a user with this userName."
    assert directory.send("GET", f"/Users/{user_id}").body == before
    assert Event.objects.count() == events


@pytest.mark.parametrize(
    "removal",
    [
        pytest.param(lambda who: _members("remove", who), id="by_value"),
        pytest.param(lambda who: _members("Remove", who), id="entra"),
        pytest.param(
            lambda who: {"op": "remove", "path": f'members[value eq "{who}"]'}, id="by_filter"
        ),
        pytest.param(lambda who: replacing("members", []), id="by_replacing"),
        pytest.param(lambda who: {"op": "remove", "path": "members"}, id="all"),
        pytest.param(
            lambda who: {"op": "remove", "path": f'members[value eq "{who}" or value eq "usr_x"]'},
            id="by_another_filter",
        ),
    ],
)
def test_somebody_leaves_a_group_and_comes_back(
    directory: Directory, viewer: Membership, removal: Any
) -> None:
    department = DepartmentFactory.create(organization=viewer.organization)
    path = f"/Groups/{department.pk}"
    assert directory.patch(path, _members("Add", viewer.user_id)).status == 204

    assert directory.patch(path, removal(viewer.user_id)).status == 204
    assert not viewer.department_memberships.exists()

    added = {"value": viewer.user_id, "$ref": None}
    directory.patch(path, {"op": "add", "path": "members", "value": [added]})
    [back] = directory.send("GET", path).body["members"]
    assert back["value"] == viewer.user_id
    assert viewer.department_memberships.get().department == department


def _members(op: str, user_id: str) -> dict[str, Any]:
    return {"op": op, "path": "members", "value": [{"value": user_id}]}
