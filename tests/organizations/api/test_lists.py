"""What holds of every list: which parameters it refuses, and how many statements it takes."""

from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from organizations.models import Organization
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory
from tests.organizations.api.lists import address_in, listed
from tests.organizations.api.refusal import invalid_fields
from tests.organizations.restoration.verbs import restore
from tests.removals import remove

# By path, with the wrong parameter last.
REFUSED: dict[str, list[dict[str, Any]]] = {
    "users": [
        {"account_state": "removed"},
        {"role_id": ["role_a", "role_b"]},
        {"search": " "},
        {"search": "x" * 201},
        {"after": "res_1"},
        {"order": "name"},
    ],
    "removals": [
        {"source": "email"},
        {"from_date": "yesterday"},
        {"after": "usr_1"},
        {"type": "member.removed"},
        {"include_reason": "true"},
    ],
    "audit-log": [{"type": "member.promoted"}, {"after": "rem_1"}, {"role_id": "role_1"}],
    "resources": [
        {"external_id": "a"},
        {"type": "Repo"},
        {"owner_has_left": "false"},
        {"after": "usr_x"},
        {"owner": "x"},
        {"search": ""},
    ],
    "offboarding-tasks": [
        {"state": "closed"},
        {"assigned_to": "usr_1"},
        {"overdue": "false"},
        {"due_before": "tomorrow"},
        {"key": ["a", "b"]},
        {"after": "rem_x"},
        {"cursor": "x"},
        {"overdue": "true", "cursor": "x"},
        {"overdue": "true", "cursor": "MS5yZW1feA"},
        {"overdue": "true", "skip": 1},
        {"overdue": "true", "after": "tsk_x"},
    ],
    # Lists without pages take no parameter.
    "departments": [{"limit": 1}],
    "roles": [{"limit": 1}],
    "connections": [{"limit": 1}],
    "offboarding-steps": [{"limit": 1}],
    "webhook-endpoints": [{"limit": 1}],
}


@pytest.mark.parametrize(
    ("path", "query"),
    [(path, query) for path, queries in REFUSED.items() for query in queries],
    ids=lambda value: str(value)[:40],
)
def test_a_parameter_that_is_malformed_or_unknown_is_refused(
    as_owner: APIClient, organization: Organization, path: str, query: dict[str, Any]
) -> None:
    response = as_owner.get(address_in(organization, path), query)

    assert invalid_fields(response) == {list(query)[-1]}


@pytest.mark.parametrize(
    ("path", "queries", "statements"),
    [  # token, capabilities, and:
        ("users", [{"limit": 1}, {"limit": 100}], 4),  # total, members
        ("audit-log", [{"limit": 1}, {"limit": 100}], 4),  # total, events
        # total, records; their members, restorations, resources and tasks
        ("removals", [{"limit": 1}, {"limit": 100}], 8),
        ("departments", [{}], 3),
        ("roles", [{}], 3),
    ],
    ids=["users", "audit-log", "removals", "departments", "roles"],
)
def test_any_number_of_rows_takes_as_many_statements(
    as_owner: APIClient,
    organization: Organization,
    django_assert_num_queries: DjangoAssertNumQueries,
    path: str,
    queries: list[dict[str, int]],
    statements: int,
) -> None:
    roles = RoleFactory.create_batch(5, organization=organization)
    departments = DepartmentFactory.create_batch(5, organization=organization)
    members = MembershipFactory.create_batch(
        8, organization=organization, roles=roles, departments=departments
    )
    remove(*members[:4])
    restore(members[0])

    for query in queries:
        with django_assert_num_queries(statements):
            assert listed(as_owner, organization, path, **query)
