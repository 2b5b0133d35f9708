"""A request takes as many statements for many as for few."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.models import Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.scim.caller import GROUP, Answer, Directory

Request = Callable[[Directory, str, list[Membership]], Answer]


def values(members: list[Membership]) -> list[dict[str, str]]:
    return [{"value": member.user_id} for member in members]


def adding(directory: Directory, group: str, members: list[Membership]) -> Answer:
    return directory.patch(group, {"op": "add", "path": "members", "value": values(members)})


def adding_one_by_one(directory: Directory, group: str, members: list[Membership]) -> Answer:
    return directory.patch(
        group,
        *({"op": "Add", "path": "members", "value": [value]} for value in values(members)),
    )


def removing(directory: Directory, group: str, members: list[Membership]) -> Answer:
    adding(directory, group, members)
    return directory.patch(group, {"op": "remove", "path": "members", "value": values(members)})


def removing_one_by_one(directory: Directory, group: str, members: list[Membership]) -> Answer:
    adding(directory, group, members)
    return directory.patch(
        group,
        *({"op": "remove", "path": f'members[value eq "{member.user_id}"]'} for member in members),
    )


def replacing(directory: Directory, group: str, members: list[Membership]) -> Answer:
    adding(directory, group, members[: len(members) // 2])
    return directory.patch(
        group,
        {"op": "replace", "path": "members", "value": values(members[len(members) // 2 :])},
    )


def putting(directory: Directory, group: str, members: list[Membership]) -> Answer:
    body = {"schemas": [GROUP], "displayName": group, "members": values(members)}
    return directory.send("PUT", group, body)


def posting(directory: Directory, group: str, members: list[Membership]) -> Answer:
    body = {"schemas": [GROUP], "displayName": f"Of {len(members)}", "members": values(members)}
    return directory.send("POST", "/Groups", body)


def deleting(directory: Directory, group: str, members: list[Membership]) -> Answer:
    adding(directory, group, members)
    return directory.send("DELETE", group)


def listing_users(directory: Directory, group: str, members: list[Membership]) -> Answer:
    adding(directory, group, members)
    return directory.send("GET", f"/Users?count={len(members)}")


def listing_groups(directory: Directory, group: str, members: list[Membership]) -> Answer:
    adding(directory, group, members)
    return directory.send("GET", f"/Groups?count={len(members)}")


@pytest.mark.parametrize(
    "request_of",
    [
        *(adding, adding_one_by_one, removing, removing_one_by_one, replacing, putting),
        *(posting, deleting, listing_users, listing_groups),
    ],
)
def test_many_members_take_as_many_statements_as_few(
    directory: Directory, organization: Organization, request_of: Request
) -> None:
    directory.send("GET", "/Users")  # seen, which is written once a minute

    def statements(number: int) -> int:
        group = DepartmentFactory.create(organization=organization)
        members = MembershipFactory.create_batch(number, organization=organization)
        with CaptureQueriesContext(connection) as queries:
            answer = request_of(directory, f"/Groups/{group.pk}", members)
        assert answer.status in (200, 201, 204), answer.body
        return len(queries)

    assert statements(40) == statements(4)


def test_a_thousand_members_join_and_leave_a_group_by_one_request_each(
    directory: Directory, organization: Organization
) -> None:
    group = DepartmentFactory.create(organization=organization)
    members = MembershipFactory.create_batch(1000, organization=organization)
    path = f"/Groups/{group.pk}?excludedAttributes=members"

    assert adding_one_by_one(directory, path, members).status == 200
    assert group.memberships.count() == 1000

    assert removing_one_by_one(directory, path, members[:999]).status == 200
    assert [joined.membership for joined in group.memberships.all()] == members[999:]
