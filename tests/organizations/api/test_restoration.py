"""Restoration of a user and its preview, as the design of members has them."""

from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from organizations.api.user import UserSerializer, find_user
from organizations.models import Event, Membership, Organization, Restoration, Role
from tests.conftest import ClientOf
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    ResourceFactory,
    RoleFactory,
    UserFactory,
)
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import refusal
from tests.organizations.handover.verbs import change, removed
from tests.removals import remove

CONFIRMED = {"confirm": True}


def restore(
    client: APIClient, member: Membership, body: object = CONFIRMED, *, trace_id: str = ""
) -> Any:
    headers = {"X-Request-ID": trace_id}
    return client.post(f"{address_of(member)}/restore", body, headers=headers)


def preview(client: APIClient, member: Membership) -> Any:
    return client.get(f"{address_of(member)}/restore-preview")


@pytest.fixture
def former(organization: Organization, owner: Membership) -> Membership:
    """Somebody who was removed: two roles, of which one is gone, and two resources."""
    gone = RoleFactory.create(organization=organization, name="Gone")
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member", gone], departments=[department]
    )
    ResourceFactory.create_batch(2, organization=organization, owner=member.user)
    remove(member, transfer_to=department.pk)
    Role.objects.filter(pk=gone.pk).delete()
    return member


def test_it_answers_the_user_what_came_back_and_what_did_not(
    as_owner: APIClient, organization: Organization, former: Membership
) -> None:
    removal = Membership.objects.get(pk=former.pk).removal
    [department] = removal.departments
    role = organization.roles.get(name="Member")
    [gone] = [entry for entry in removal.roles if entry["name"] == "Gone"]

    response = restore(as_owner, former)

    assert response.status_code == 200
    body = response.json()
    assert list(body) == [
        *("user", "removal_id", "restoration_id", "restored", "not_restored", "cancelled_tasks")
    ]
    assert body["user"] == UserSerializer(find_user(organization.pk, former.user_id)).data
    assert body["user"]["role_ids"] == [role.pk]
    assert body["removal_id"] == removal.pk
    assert body["restoration_id"] == Restoration.objects.get().pk
    assert body["restored"] == {
        "roles": [{"id": role.pk, "name": "Member"}],
        "departments": [department],
        "resource_count": 2,
    }
    assert body["not_restored"] == {
        "roles": [gone | {"reason": "deleted"}],
        "departments": [],
        "resource_count": 0,
        "token_count": 0,
    }
    assert body["cancelled_tasks"] == []


@pytest.mark.parametrize("is_deactivated", [False, True])
def test_a_preview_is_that_answer_without_the_restoration(
    as_owner: APIClient, organization: Organization, owner: Membership, is_deactivated: bool
) -> None:
    member = MembershipFactory.create(organization=organization, roles=["Admin", "Member"])
    if is_deactivated:
        Membership.objects.filter(pk=member.pk).update(deactivated_at=timezone.now())
    for key in ("laptop", "payroll"):
        OffboardingStepFactory.create(organization=organization, key=key, title=key.title())
    laptop, payroll = removed(member)
    change(payroll)

    previewed = preview(as_owner, member)

    assert previewed.status_code == 200
    assert previewed.json()["cancelled_tasks"] == [
        {"id": laptop.pk, "key": "laptop", "title": "Laptop"}
    ]
    assert not Membership.objects.current().filter(user=member.user).exists()
    done = restore(as_owner, member).json()
    assert done["user"]["account_state"] == ("deactivated" if is_deactivated else "active")
    assert previewed.json() == done | {"restoration_id": None}


def test_record_and_event_say_who_from_where_why_and_under_which_trace(
    as_owner: APIClient, owner: Membership, former: Membership
) -> None:
    body = CONFIRMED | {"reason": "The wrong person"}

    restore(as_owner, former, body, trace_id="case-42")

    record = Restoration.objects.get()
    event = Event.objects.get(type=Event.Type.MEMBER_RESTORED)
    for written in (record, event):
        assert (written.actor, written.source) == (owner.user, "api")
        assert written.trace_id == "case-42"
    assert event.reason == "The wrong person"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ("", 422, "CONFIRMATION_REQUIRED"),
        ("{}", 422, "CONFIRMATION_REQUIRED"),
        ('{"confirm": false}', 422, "CONFIRMATION_REQUIRED"),
        ('{"confirm": "true"}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "removal_id": 1}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "removal": "rem_x"}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "reason": null}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "reason": "' + "x" * 1001 + '"}', 422, "VALIDATION_ERROR"),
        ('{"confirm": true, "removal_id": "rem_unknown"}', 404, "REMOVAL_NOT_FOUND"),
        ('{"confirm": true, "removal_id": ""}', 404, "REMOVAL_NOT_FOUND"),
        ('{"confirm": true, "removal_id": "\\u0000"}', 404, "REMOVAL_NOT_FOUND"),
        ('{"confirm": true', 400, "MALFORMED_REQUEST"),
    ],
)
def test_a_body_that_does_not_confirm_restores_nobody(
    as_owner: APIClient, former: Membership, body: str, status: int, code: str
) -> None:
    path = f"{address_of(former)}/restore"

    response = as_owner.post(path, body, content_type="application/json")

    assert refusal(response) == (status, code)
    assert not Restoration.objects.exists()


def test_the_latest_removal_can_be_named_or_left_out(
    as_owner: APIClient, former: Membership
) -> None:
    first = Membership.objects.get(pk=former.pk).removal
    assert restore(as_owner, former, CONFIRMED | {"removal_id": first.pk}).status_code == 200
    [second] = remove(former)

    of_first = restore(as_owner, former, CONFIRMED | {"removal_id": first.pk})

    assert refusal(of_first) == (404, "REMOVAL_NOT_FOUND")
    assert of_first.json()["error"]["details"] == {
        "user_id": former.user_id,
        "removal_id": first.pk,
    }
    null = restore(as_owner, former, CONFIRMED | {"removal_id": None})
    assert null.json()["removal_id"] == second.removal_id


def test_a_removal_that_is_too_long_ago_says_so(
    as_owner: APIClient, former: Membership, settings: Settings
) -> None:
    settings.RESTORE_WINDOW_DAYS = 0

    response = restore(as_owner, former)

    assert refusal(response) == refusal(preview(as_owner, former))
    assert refusal(response) == (422, "RESTORE_WINDOW_EXPIRED")
    assert response.json()["error"]["details"]["window_days"] == 0


def test_the_checks_come_in_the_order_of_the_contract(
    organization: Organization, owner: Membership, client_of: ClientOf, settings: Settings
) -> None:
    """Everything is wrong at first; each step mends the first thing that is refused."""
    caller = MembershipFactory.create(organization=organization)
    client, stranger = client_of(caller.user), client_of(UserFactory.create())
    never = MembershipFactory.create()
    never.organization = organization
    above = MembershipFactory.create(organization=organization, roles=["Admin"])
    remove(above)
    settings.RESTORE_WINDOW_DAYS = 0

    def codes(client: APIClient, member: Membership, body: object = CONFIRMED) -> list[str]:
        answers = [restore(client, member, body), preview(client, member)]
        return [refusal(answer)[1] for answer in answers]

    def give(*capabilities: str) -> None:
        role = RoleFactory.create(organization=organization, capabilities=list(capabilities))
        caller.role_assignments.create(organization=organization, role=role)

    assert codes(APIClient(), never, {}) == ["AUTHENTICATION_REQUIRED"] * 2
    assert codes(stranger, never, {}) == ["ORGANIZATION_ACCESS_DENIED"] * 2
    assert codes(client, never, {"x": 1}) == ["INSUFFICIENT_PERMISSIONS"] * 2
    assert codes(client, caller, {}) == ["INSUFFICIENT_PERMISSIONS"] * 2
    give("remove_users")
    assert codes(client, never, {"x": 1})[0] == "VALIDATION_ERROR"
    assert codes(client, never, {})[0] == "CONFIRMATION_REQUIRED"
    assert codes(client, never) == ["REMOVAL_NOT_FOUND"] * 2
    assert codes(client, owner) == ["MEMBERSHIP_ALREADY_EXISTS"] * 2
    assert codes(client, above) == ["INSUFFICIENT_PERMISSIONS"] * 2
    give("override_all_permissions")
    assert codes(client, above) == ["RESTORE_WINDOW_EXPIRED"] * 2
    settings.RESTORE_WINDOW_DAYS = 1
    assert preview(client, above).status_code == restore(client, above).status_code == 200
