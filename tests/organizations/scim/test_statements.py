"""A request takes as many statements for 1,000 members as for one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from organizations.models import Department, Event, Organization
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.scim.caller import GROUP, Answer, Directory, replacing
from tests.organizations.scim.populate import populate


def statements(call: Callable[[], Answer]) -> int:
    """Return how many statements a request took that succeeded."""
    with CaptureQueriesContext(connection) as queries:
        answer = call()
    seen = [query for query in queries if "last_request_at" in query["sql"]]  # once a minute
    assert answer.status in (200, 201, 204), answer.body
    return len(queries) - sum(query["sql"].split()[0] == "UPDATE" for query in seen)


def test_1000_members_join_a_group_leave_it_and_are_replaced_in_as_many_statements_as_one(
    directory: Directory, organization: Organization
) -> None:
    ids = populate(organization, 2000)
    few, many = DepartmentFactory.create_batch(2, organization=organization)

    def change(department: Department, *operations: dict[str, Any]) -> int:
        path = f"/Groups/{department.pk}?excludedAttributes=members"
        return statements(lambda: directory.patch(path, *operations))

    for form in FORMS:
        assert change(many, *form(ids[:1000])) == change(few, *form(ids[:1]))
    assert Event.objects.count() == len(FORMS) * 1001

    change(few, *_at_once("replace")(ids[:1]))
    change(many, *_at_once("replace")(ids[:1000]))
    assert change(many, *_at_once("replace")(ids[500:1500])) == change(
        few, *_at_once("replace")(ids[1:2])
    )
    assert many.memberships.count() == 1000
    assert set(many.memberships.values_list("user", flat=True)) == set(ids[500:1500])


def _values(ids: list[str]) -> list[dict[str, str]]:
    return [{"value": user_id} for user_id in ids]


def _at_once(op: str) -> Callable[[list[str]], list[dict[str, Any]]]:
    return lambda ids: [{"op": op, "path": "members", "value": _values(ids)}]


def _one_by_one(ids: list[str]) -> list[dict[str, Any]]:
    return [{"op": "Add", "path": "members", "value": [value]} for value in _values(ids)]


def _by_filter(ids: list[str]) -> list[dict[str, Any]]:
    return [{"op": "remove", "path": f'members[value eq "{user_id}"]'} for user_id in ids]


# Each undoes what the one before did.
FORMS = (_at_once("add"), _by_filter, _one_by_one, _at_once("remove"), _at_once("replace"))


def test_an_operation_more_takes_no_statement_more(
    directory: Directory, organization: Organization
) -> None:
    def change(user_id: str, *names: str) -> int:
        operations = [replacing(name, "A") for name in names]
        return statements(lambda: directory.patch(f"/Users/{user_id}", *operations))

    one, other = (directory.add(f"{name}@example.com") for name in "ab")
    names = ["displayName", "name.givenName", "name.familyName", "externalId"]

    assert change(one, names[0]) == change(other, *names, *names)


@pytest.mark.parametrize("path", ["/Users?count=", "/Groups?count="])
def test_a_page_of_200_takes_as_many_statements_as_one_of_one(
    directory: Directory, organization: Organization, path: str
) -> None:
    department = DepartmentFactory.create(organization=organization)
    MembershipFactory.create(organization=organization, departments=[department])
    before = statements(lambda: directory.send("GET", f"{path}1"))
    populate(organization, 300)
    DepartmentFactory.create_batch(30, organization=organization)

    assert statements(lambda: directory.send("GET", f"{path}200")) == before


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "GET"])
def test_a_whole_group_takes_as_many_statements_however_many_belong_to_it(
    directory: Directory, organization: Organization, method: str
) -> None:
    ids = populate(organization, 500)

    def serve(number: int) -> int:
        department = DepartmentFactory.create(organization=organization)
        path = f"/Groups/{department.pk}"
        group = {"schemas": [GROUP], "displayName": f"{number}", "members": _values(ids[:number])}
        if method in ("DELETE", "GET"):
            directory.patch(path, *_at_once("add")(ids[:number]))
        target = "/Groups" if method == "POST" else path
        return statements(lambda: directory.send(method, target, group))

    assert serve(500) == serve(1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("is_active", "statements"), [(False, 15), (True, 13)])
def test_a_change_of_state_locks_and_reads_the_member_once(
    organization: Organization, is_active: bool, statements: int
) -> None:
    MembershipFactory.create(organization=organization, roles=["Owner"])
    directory = Directory.of(organization)
    path = f"/Users/{directory.add('ada@example.com', active=not is_active)}"

    with CaptureQueriesContext(connection) as queries:
        answer = directory.patch(path, replacing("active", is_active))

    of_transactions = ("BEGIN", "COMMIT", "SAVE", "RELEASE")
    executed = [each["sql"] for each in queries if not each["sql"].startswith(of_transactions)]
    assert (answer.status, answer.body["active"]) == (200, is_active)
    assert sum("organizations_membership" in sql and "FOR UPDATE" in sql for sql in executed) == 1
    assert sum("users_user" in sql and "FOR NO KEY UPDATE" in sql for sql in executed) == 1
    assert sum('JOIN "users_user"' in sql for sql in executed) == 1
    assert len(executed) == statements
