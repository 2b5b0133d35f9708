"""Steps of offboarding are made, listed, changed and deleted."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.connections.service import disable
from organizations.handover.steps import MOST_STEPS
from organizations.models import Membership, OffboardingStep, Organization
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, OffboardingStepFactory
from tests.organizations.api.lists import address_in, listed
from tests.organizations.api.refusal import invalid_fields, refusal
from tests.programs import connect_program

BODY: dict[str, Any] = {"key": "laptop", "title": "Get the laptop back"}


def create(client: APIClient, organization: Organization, **body: object) -> Any:
    return client.post(address_in(organization, "offboarding-steps"), {**BODY, **body})


def change(client: APIClient, step: OffboardingStep, **body: object) -> Any:
    return client.patch(address_in(step.organization, f"offboarding-steps/{step.key}"), body)


@pytest.fixture
def step(organization: Organization) -> OffboardingStep:
    return OffboardingStepFactory.create(organization=organization, key="payroll", position=7)


def test_a_step_is_made_and_then_listed_for_every_member(
    as_owner: APIClient, organization: Organization, member: Membership, client_of: ClientOf
) -> None:
    department = DepartmentFactory.create(organization=organization)
    response = create(
        as_owner,
        organization,
        title="  Get the laptop back ",
        description="Send a box.",
        applies_to_type="laptop",
        assigned_to_department_id=department.pk,
        due_days=14,
        position=3,
    )

    made = OffboardingStep.objects.get()
    assert response.status_code == 201
    assert response.json() == {
        "id": made.pk,
        "key": "laptop",
        "title": "Get the laptop back",
        "description": "Send a box.",
        "applies_to_type": "laptop",
        "assigned_to_user_id": None,
        "assigned_to_department_id": department.pk,
        "assigned_to_connection_id": None,
        "due_days": 14,
        "position": 3,
        "enabled": True,
    }
    assert made.pk.startswith("stp_")
    shown = listed(client_of(member.user), organization, "offboarding-steps")
    assert shown == [response.json()]


def test_steps_are_sorted_by_position_then_by_key_whether_enabled_or_not(
    as_owner: APIClient, organization: Organization
) -> None:
    for key, position in (("b", 1), ("a", 1), ("z", 0)):
        OffboardingStepFactory.create(
            organization=organization, key=key, position=position, enabled=key != "a"
        )
    OffboardingStepFactory.create()

    shown = listed(as_owner, organization, "offboarding-steps")

    assert [each["key"] for each in shown] == ["z", "a", "b"]


def test_whoever_is_assigned_replaces_who_was(
    as_owner: APIClient, step: OffboardingStep, member: Membership
) -> None:
    program, _ = connect_program(step.organization)
    assignees = ("assigned_to_user_id", "assigned_to_department_id", "assigned_to_connection_id")

    for name, assignee in (
        ("assigned_to_user_id", member.user_id),
        ("assigned_to_connection_id", program.pk),
        ("assigned_to_connection_id", None),
    ):
        shown = change(as_owner, step, **{name: assignee}).json()
        assert {each: shown[each] for each in assignees} == {
            **dict.fromkeys(assignees),
            name: assignee,
        }


def test_a_change_leaves_what_it_does_not_name(as_owner: APIClient, step: OffboardingStep) -> None:
    shown = change(as_owner, step, enabled=False, due_days=0).json()

    assert (shown["title"], shown["position"]) == (step.title, 7)
    assert (shown["enabled"], shown["due_days"]) == (False, 0)
    assert change(as_owner, step).json() == shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "Laptop"),
        ("key", "../x"),
        ("key", 1),
        ("title", " \t"),
        ("title", "x" * 201),
        ("title", "a\0"),
        ("title", None),
        ("description", "x" * 2001),
        ("applies_to_type", "Repository"),
        ("due_days", -1),
        ("due_days", 366),
        ("due_days", "7"),
        ("due_days", 7.0),
        ("due_days", True),
        ("position", -1),
        ("position", 32_768),
        ("enabled", "yes"),
        ("colour", "red"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_body_with_something_wrong_makes_and_changes_nothing(
    as_owner: APIClient, step: OffboardingStep, field: str, value: object
) -> None:
    for response in (
        create(as_owner, step.organization, **{field: value}),
        change(as_owner, step, **{field: value}),
    ):
        assert invalid_fields(response) == {field}
    assert list(OffboardingStep.objects.values_list("key", "title")) == [("payroll", step.title)]


def test_no_step_is_assigned_to_a_connection_that_was_revoked(
    as_owner: APIClient, step: OffboardingStep
) -> None:
    revoked, _ = connect_program(step.organization)
    disable(revoked)

    response = change(as_owner, step, assigned_to_connection_id=revoked.pk)

    assert refusal(response) == (404, "CONNECTION_NOT_FOUND")


def test_a_key_is_one_in_the_organization(as_owner: APIClient, step: OffboardingStep) -> None:
    OffboardingStepFactory.create(key="laptop")  # of another organization

    assert refusal(create(as_owner, step.organization, key="payroll")) == (
        409,
        "STEP_ALREADY_EXISTS",
    )
    assert create(as_owner, step.organization).status_code == 201


def test_so_many_steps_are_enabled_at_most(as_owner: APIClient, organization: Organization) -> None:
    OffboardingStepFactory.create_batch(MOST_STEPS, organization=organization)
    disabled = create(as_owner, organization, enabled=False)

    assert disabled.status_code == 201
    too_many = create(as_owner, organization, key="one-more")
    assert refusal(too_many) == (422, "TOO_MANY_STEPS")
    assert too_many.json()["error"]["details"] == {"limit": MOST_STEPS}
    enabling = change(as_owner, OffboardingStep.objects.get(key="laptop"), enabled=True)
    assert refusal(enabling) == (422, "TOO_MANY_STEPS")


def test_a_step_is_deleted_once(as_owner: APIClient, step: OffboardingStep) -> None:
    address = address_in(step.organization, "offboarding-steps/payroll")

    assert as_owner.delete(address).status_code == 204
    assert refusal(as_owner.delete(address)) == (404, "STEP_NOT_FOUND")
    assert not OffboardingStep.objects.exists()
