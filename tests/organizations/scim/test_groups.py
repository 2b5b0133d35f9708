"""Departments, as a directory makes, changes and deletes them."""

import pytest

from organizations.models import Department, Event, Membership, Organization
from organizations.models.organization import DEPARTMENT_NAME_TAKEN
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.scim.caller import GROUP, Directory, new_group, replacing
from tests.removals import remove


def belonging(department: Department) -> set[str]:
    """Return the ids of those who belong to a department."""
    return set(department.memberships.values_list("user", flat=True))


def test_a_group_is_made_found_and_shown(directory: Directory, owner: Membership) -> None:
    made = directory.send("POST", "/Groups", new_group("Engineering", owner))
    department = Department.objects.get(organization=owner.organization, name="Engineering")

    assert (made.status, made.body["id"]) == (201, department.pk)
    assert directory.send("GET", f"/Groups/{department.pk}").body == made.body
    [found] = directory.send("GET", '/Groups?filter=displayName eq "ENGINEERING"').body["Resources"]
    assert found == made.body
    member = f'/Groups?filter=id eq "{department.pk}" and members eq "{owner.user_id}"'
    assert directory.send("GET", member).body["totalResults"] == 1
    [group] = directory.send("GET", f"/Users/{owner.user_id}").body["groups"]
    assert (group["value"], group["display"]) == (department.pk, "Engineering")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_name_is_not_given_twice(directory: Directory, owner: Membership, method: str) -> None:
    DepartmentFactory.create(organization=owner.organization, name="Taken")
    other = DepartmentFactory.create(organization=owner.organization, name="Other")

    if method == "PATCH":
        rename = replacing("displayName", "taken ")
        answer = directory.patch(f"/Groups/{other.pk}", rename)
    else:
        path = "/Groups" if method == "POST" else f"/Groups/{other.pk}"
        answer = directory.send(method, path, new_group("taken ", owner))

    assert answer.outcome == (409, "uniqueness")
    assert answer.body["detail"] == DEPARTMENT_NAME_TAKEN
    other.refresh_from_db()
    assert (other.name, belonging(other)) == ("Other", set())


def test_a_put_replaces_members_and_leaves_what_it_does_not_name(
    directory: Directory, organization: Organization
) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    department = DepartmentFactory.create(organization=organization, name="Old")
    path = f"/Groups/{department.pk}"

    directory.send("PUT", path, new_group("Old", first))
    assert belonging(department) == {first.user_id}

    directory.send("PUT", path, new_group("New", second))
    department.refresh_from_db()
    assert (department.name, belonging(department)) == ("New", {second.user_id})

    directory.send("PUT", path, {"schemas": [GROUP], "displayName": "New"})
    assert belonging(department) == {second.user_id}


def test_operations_are_applied_in_their_order(
    directory: Directory, organization: Organization
) -> None:
    a, b, c = MembershipFactory.create_batch(3, organization=organization)
    department = DepartmentFactory.create(organization=organization)
    MembershipFactory.create(organization=organization, departments=[department])

    directory.patch(
        f"/Groups/{department.pk}",
        {"op": "add", "path": "members", "value": [{"value": a.user_id}]},
        {"op": "replace", "value": {"displayName": "N", "members": [{"value": b.user_id}]}},
        {"op": "add", "path": f"{GROUP}:members", "value": {"value": c.user_id}},
        {"op": "remove", "path": f'members[value eq "{b.user_id}"]'},
        {"op": "replace", "value": {"id": department.pk, "externalId": "1"}},
    )

    department.refresh_from_db()
    assert (department.name, belonging(department)) == ("N", {c.user_id})


@pytest.mark.parametrize("path", ["", " ", GROUP, GROUP.upper()])
def test_a_path_to_the_group_itself_says_as_much_as_none(
    directory: Directory, organization: Organization, path: str
) -> None:
    department = DepartmentFactory.create(organization=organization)

    answer = directory.patch(f"/Groups/{department.pk}", replacing(path, {"displayName": "New"}))

    assert answer.status == 204
    department.refresh_from_db()
    assert department.name == "New"


def test_deactivated_members_join_and_leave_too(
    directory: Directory, organization: Organization
) -> None:
    member = MembershipFactory.create(organization=organization)
    deactivate(member)
    made = directory.send("POST", "/Groups", new_group("A", member))

    assert [shown["value"] for shown in made.body["members"]] == [member.user_id]
    directory.patch(f"/Groups/{made.body['id']}", {"op": "remove", "path": "members"})
    assert not member.department_memberships.exists()


def test_each_change_of_a_member_is_one_event_that_names_the_connection(
    directory: Directory, organization: Organization
) -> None:
    member = MembershipFactory.create(organization=organization)
    department = DepartmentFactory.create(organization=organization)
    value = [{"value": member.user_id}]

    for op in ("add", "add", "remove", "remove"):
        directory.patch(f"/Groups/{department.pk}", {"op": op, "path": "members", "value": value})

    events = Event.objects.order_by("pk")
    assert [event.data["departments_added"] for event in events] == [[department.pk], []]
    assert [event.data["departments_removed"] for event in events] == [[], [department.pk]]
    assert {event.connection for event in events} == {directory.connection}


@pytest.mark.parametrize("value", ["usr_unknown", "dept_nested", "", None, 1])
def test_somebody_who_is_no_member_does_not_join(
    directory: Directory, owner: Membership, value: object
) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    members = [{"value": owner.user_id}, {"value": value}]

    answer = directory.patch(
        f"/Groups/{department.pk}", {"op": "add", "path": "members", "value": members}
    )

    assert answer.outcome == (400, "invalidValue")
    assert belonging(department) == set()


def test_a_former_member_does_not_join(directory: Directory, organization: Organization) -> None:
    former = MembershipFactory.create(organization=organization)
    remove(former)

    answer = directory.send("POST", "/Groups", new_group("A", former))

    assert answer.status == 400
    assert not Department.objects.exists()


def test_a_group_of_another_organization_is_not_there(directory: Directory) -> None:
    other = DepartmentFactory.create()
    path = f"/Groups/{other.pk}"

    assert directory.send("GET", path).status == 404
    assert directory.send("PUT", path, new_group("A")).status == 404
    rename = replacing("displayName", "A")
    assert directory.patch(path, rename).status == 404
    assert directory.send("DELETE", path).status == 404


def test_a_group_is_deleted_with_who_belongs_to_it(
    directory: Directory, organization: Organization
) -> None:
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, departments=[department])

    assert directory.send("DELETE", f"/Groups/{department.pk}").status == 204

    assert not Department.objects.exists()
    assert Event.objects.get(user=member.user_id).data["departments_removed"] == [department.pk]


@pytest.mark.parametrize("what", ["resource", "record", "connection"])
def test_a_group_that_something_refers_to_is_not_deleted(
    directory: Directory, organization: Organization, what: str
) -> None:
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(organization=organization, departments=[department])
    if what == "resource":
        ResourceFactory.create(organization=organization, department=department)
    elif what == "record":
        remove(MembershipFactory.create(organization=organization), transfer_to=department.pk)
    else:
        directory.connection.transfer_on_removal = department
        directory.connection.save()

    answer = directory.send("DELETE", f"/Groups/{department.pk}")

    assert answer.status == 409
    assert belonging(department) == {member.user_id}


def test_the_directorys_id_of_a_group_is_found_shown_and_changes_where_it_is_named(
    directory: Directory,
) -> None:
    made = directory.send("POST", "/Groups", {**new_group("A"), "externalId": "a1"})
    assert made.body["externalId"] == "a1"
    [found] = directory.send("GET", '/Groups?filter=externalId eq "a1"').body["Resources"]
    assert found == made.body
    assert directory.send("GET", '/Groups?filter=externalId eq ""').body["totalResults"] == 0
    path = f"/Groups/{made.body['id']}"

    assert directory.send("PUT", path, new_group("B")).body["externalId"] == "a1"
    renamed = directory.send("PUT", path, {**new_group("B"), "externalId": "b1"})
    assert renamed.body["externalId"] == "b1"
    directory.patch(path, replacing("externalId", "c1"))
    assert directory.send("GET", path).body["externalId"] == "c1"
    directory.patch(path, {"op": "remove", "path": "externalId"})
    assert "externalId" not in directory.send("GET", path).body
    assert directory.patch(path, replacing("externalId", 1)).status == 400


@pytest.mark.parametrize(
    ("query", "status", "shown"),
    [
        ("", 204, set()),
        ("?excludedAttributes=members", 204, set()),
        ("?attributes=displayName", 200, {"schemas", "id", "displayName"}),
        ("?attributes=members", 200, {"schemas", "id", "members"}),
    ],
)
def test_a_patch_answers_with_the_attributes_that_are_asked_for_or_nothing(
    directory: Directory, owner: Membership, query: str, status: int, shown: set[str]
) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    joining = {"op": "add", "path": "members", "value": [{"value": owner.user_id}]}

    answer = directory.patch(f"/Groups/{department.pk}{query}", joining)

    assert (answer.status, set(answer.body)) == (status, shown)
    assert belonging(department) == {owner.user_id}


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "remove"}, "noTarget"),
        ({"op": "move", "path": "members", "value": []}, "invalidValue"),
        ({"op": "add", "path": "members"}, "invalidValue"),
        (replacing("id", "dept_1"), "mutability"),
        ({"op": "remove", "path": 'members[value sw "usr_"]'}, "invalidPath"),
        ({"op": "add", "path": 'members[value eq "usr_1"]', "value": {}}, "invalidPath"),
        ({"op": "add", "path": "a" * 2001, "value": ""}, "invalidPath"),
        ({"op": "replace", "path": 1, "value": ""}, "invalidPath"),
        ({"op": "replace", "value": []}, "invalidValue"),
    ],
)
def test_an_operation_that_cannot_be_is_refused_with_all_others(
    directory: Directory, owner: Membership, operation: dict[str, object], kind: str
) -> None:
    department = DepartmentFactory.create(organization=owner.organization)
    joining = {"op": "add", "path": "members", "value": [{"value": owner.user_id}]}

    answer = directory.patch(f"/Groups/{department.pk}", joining, operation)

    assert answer.outcome == (400, kind)
    assert belonging(department) == set()


def test_a_group_to_which_nobody_belongs_has_an_empty_list_of_members(directory: Directory) -> None:
    made = directory.send("POST", "/Groups", {"schemas": [GROUP], "displayName": "Sales"})
    path = f"/Groups/{made.body['id']}"

    assert made.body["members"] == []
    assert directory.send("GET", path).body["members"] == []
    assert "members" not in directory.send("GET", f"{path}?excludedAttributes=members").body


def test_every_member_of_a_group_has_the_name_that_their_user_is_shown_with(
    directory: Directory, organization: Organization
) -> None:
    by_hand = MembershipFactory.create(organization=organization, user__email="by@example.com")
    names = {
        by_hand.user_id: "by@example.com",
        directory.add("ada@example.com", displayName="Ada"): "Ada",
        directory.add("eve@example.com", name={"formatted": "Eve E."}): "Eve E.",
        directory.add("bob@example.com"): "bob@example.com",
    }
    members = [{"value": user_id, "display": "Passed over"} for user_id in names]
    group = {"schemas": [GROUP], "displayName": "A", "members": members}

    made = directory.send("POST", "/Groups", group)

    read = directory.send("GET", f"/Groups/{made.body['id']}")
    without = directory.send("GET", f"/Groups/{made.body['id']}?excludedAttributes=members.display")
    assert {member["value"]: member["display"] for member in made.body["members"]} == names
    assert read.body == made.body
    assert not any("display" in member for member in without.body["members"])
