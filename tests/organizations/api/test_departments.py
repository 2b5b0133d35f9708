"""Departments are made, renamed and deleted."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.api.departments import IN_USE
from organizations.models import Department, Organization
from tests.directories import connect
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OffboardingTaskFactory,
    ResourceFactory,
)
from tests.organizations.api.lists import address_in, listed
from tests.organizations.api.refusal import invalid_fields, refusal
from tests.removals import remove
from tests.schedules import schedule


@pytest.fixture
def engineering(organization: Organization) -> Department:
    return DepartmentFactory.create(organization=organization, name="Engineering")


def create(client: APIClient, organization: Organization, **body: object) -> Any:
    return client.post(address_in(organization, "departments"), body)


def address_of(department: Department) -> str:
    return address_in(department.organization, f"departments/{department.pk}")


def test_a_department_is_made_and_then_listed(
    as_owner: APIClient, organization: Organization
) -> None:
    response = create(as_owner, organization, name="  Research\t")

    made = organization.departments.get()
    assert response.status_code == 201
    assert response.json() == {"id": made.pk, "name": "Research", "member_count": 0}
    assert listed(as_owner, organization, "departments") == [response.json()]


def test_a_department_is_renamed(as_owner: APIClient, engineering: Department) -> None:
    MembershipFactory.create(organization=engineering.organization, departments=[engineering])

    response: Any = as_owner.patch(address_of(engineering), {"name": " ENGINEERING "})

    assert response.status_code == 200
    assert response.json() == {"id": engineering.pk, "name": "ENGINEERING", "member_count": 1}


@pytest.mark.parametrize("body", [{}, {"name": "Engineering"}, {"name": " Engineering "}])
def test_what_changes_nothing_answers_the_same(
    as_owner: APIClient, engineering: Department, body: dict[str, str]
) -> None:
    response: Any = as_owner.patch(address_of(engineering), body)

    assert (response.status_code, response.json()["name"]) == (200, "Engineering")


@pytest.mark.parametrize("length", [1, 200])
def test_a_name_has_1_to_200_characters(
    as_owner: APIClient, organization: Organization, length: int
) -> None:
    assert create(as_owner, organization, name=f" {'a' * length} ").status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": " \t"},
        {"name": "\u200b"},
        {"name": "a" * 201},
        {"name": "a\0"},
        {"name": None},
        {"name": 1},
        {"name": ["A"]},
    ],
    ids=str,
)
def test_what_is_no_name_is_refused(
    as_owner: APIClient, engineering: Department, body: dict[str, object]
) -> None:
    responses = [create(as_owner, engineering.organization, **body)]
    if body:
        responses.append(as_owner.patch(address_of(engineering), body))

    for response in responses:
        assert invalid_fields(response) == {"name"}
    assert [row.name for row in Department.objects.all()] == ["Engineering"]


def test_an_unknown_field_is_refused(as_owner: APIClient, engineering: Department) -> None:
    body = {"name": "Research", "external_id": "x"}

    for response in (
        create(as_owner, engineering.organization, **body),
        as_owner.patch(address_of(engineering), body),
    ):
        assert refusal(response) == (422, "VALIDATION_ERROR")


@pytest.mark.parametrize("name", ["Engineering", "ENGINEERING", " engineering ", "Ｅngineering"])  # noqa: RUF001 (meant so)
def test_a_name_is_one_in_the_organization_in_any_case(
    as_owner: APIClient, engineering: Department, name: str
) -> None:
    other = DepartmentFactory.create(organization=engineering.organization, name="Other")
    DepartmentFactory.create(name="Elsewhere")

    for response in (
        create(as_owner, engineering.organization, name=name),
        as_owner.patch(address_of(other), {"name": name}),
    ):
        assert refusal(response) == (409, "DEPARTMENT_NAME_TAKEN")
        assert response.json()["error"]["details"] == {"name": name.strip()}
    assert create(as_owner, engineering.organization, name="elsewhere").status_code == 201


def test_a_department_that_nothing_refers_to_is_deleted(
    as_owner: APIClient, engineering: Department
) -> None:
    response = as_owner.delete(address_of(engineering))

    assert (response.status_code, response.content) == (204, b"")
    assert not Department.objects.exists()


def with_members(department: Department) -> None:
    MembershipFactory.create_batch(
        2, organization=department.organization, departments=[department]
    )


def with_a_resource(department: Department) -> None:
    ResourceFactory.create(organization=department.organization, department=department)


def with_a_record(department: Department) -> None:
    remove(
        MembershipFactory.create(organization=department.organization), transfer_to=department.pk
    )


def with_a_schedule(department: Department) -> None:
    schedule(
        MembershipFactory.create(organization=department.organization), transfer_to=department.pk
    )


def with_a_connection(department: Department) -> None:
    connect(
        department.organization, transfer_on_removal=department, transfer_on_deactivate=department
    )


def with_a_step(department: Department) -> None:
    OffboardingStepFactory.create(
        organization=department.organization, assigned_to_department=department
    )


def with_an_open_task(department: Department) -> None:
    OffboardingTaskFactory.create(
        organization=department.organization, assigned_to_department=department
    )


@pytest.mark.parametrize(
    ("use", "counted"),
    [
        (with_members, {"member_count": 2}),
        (with_a_resource, {"resource_count": 1}),
        (with_a_record, {"removal_count": 1}),
        (with_a_schedule, {"scheduled_removal_count": 1}),
        (with_a_connection, {"connection_count": 1}),
        (with_a_step, {"step_count": 1}),
        (with_an_open_task, {"open_task_count": 1}),
    ],
)
def test_a_department_in_use_stays_and_the_answer_counts_what_uses_it(
    as_owner: APIClient,
    engineering: Department,
    use: Callable[[Department], None],
    counted: dict[str, int],
) -> None:
    use(engineering)

    response: Any = as_owner.delete(address_of(engineering))

    assert refusal(response) == (422, "DEPARTMENT_IN_USE")
    assert response.json()["error"]["details"] == {
        **dict.fromkeys(IN_USE.details, 0),  # as the description shows them
        "department_id": engineering.pk,
        **counted,
    }
    assert Department.objects.filter(pk=engineering.pk).exists()


def test_the_message_counts_in_words(as_owner: APIClient, engineering: Department) -> None:
    with_members(engineering)
    with_a_resource(engineering)

    response: Any = as_owner.delete(address_of(engineering))

    assert response.json()["error"]["message"] == (
        "The department cannot be deleted. It is in use by 2 members and 1 resource."
    )
