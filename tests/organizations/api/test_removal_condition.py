"""A DELETE with `If-Match` does what the preview said, or nothing."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.api.bodies import TO_DEPARTMENT
from organizations.models import Department, DepartmentMembership, Membership, RoleAssignment
from tests.concurrency import result_after
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, RoleFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import refusal
from users.models import AccessToken

CONFIRMED = {"confirm": True}


@pytest.fixture
def member(owner: Membership) -> Membership:
    """A member with something of everything that a removal takes."""
    organization = owner.organization
    member = MembershipFactory.create(
        organization=organization,
        roles=["Member"],
        departments=[DepartmentFactory.create(organization=organization)],
    )
    ResourceFactory.create(organization=organization, owner=member.user, type="repository")
    return member


def tag_of(client: APIClient, member: Membership) -> str:
    """Return the tag of a preview of the member's removal."""
    response: Any = client.get(f"{address_of(member)}/removal-preview")
    return str(response["ETag"])


def delete(client: APIClient, member: Membership, tag: str, **fields: object) -> Any:
    """Send a removal with this `If-Match`."""
    return client.delete(address_of(member), CONFIRMED | fields, HTTP_IF_MATCH=tag)


@pytest.mark.parametrize("sent", ["{}", '"other", {}', "W/{}", "*"])
def test_what_is_as_the_preview_said_is_removed(
    as_owner: APIClient, member: Membership, sent: str
) -> None:
    response = delete(as_owner, member, sent.format(tag_of(as_owner, member)))

    assert response.status_code == 204
    assert not Membership.objects.get(pk=member.pk).is_current


def give_role(member: Membership) -> None:
    role = RoleFactory.create(organization=member.organization, name="Editor")
    RoleAssignment.objects.create(organization=member.organization, membership=member, role=role)


def leave_department(member: Membership) -> None:
    DepartmentMembership.objects.filter(membership=member).delete()


def rename_department(member: Membership) -> None:
    department = Department.objects.get(organization=member.organization)
    department.name = "Renamed"
    department.save()


def give_resource(member: Membership) -> None:
    ResourceFactory.create(organization=member.organization, owner=member.user, type="document")


def give_token(member: Membership) -> None:
    AccessToken.objects.issue(member.user, name="", lifetime=timedelta(hours=1))


@pytest.mark.parametrize(
    ("change", "changed"),
    [
        (give_role, {"roles"}),
        (leave_department, {"departments"}),
        (rename_department, {"departments"}),
        (give_resource, {"resource_count", "resources"}),
        (give_token, {"token_count"}),
    ],
)
def test_what_has_changed_since_the_preview_is_named_and_nobody_is_removed(
    as_owner: APIClient, member: Membership, change: Callable[[Membership], None], changed: set[str]
) -> None:
    tag = tag_of(as_owner, member)
    change(member)

    response = delete(as_owner, member, tag)

    preview: Any = as_owner.get(f"{address_of(member)}/removal-preview")
    assert refusal(response) == (412, "PRECONDITION_FAILED")
    assert response.json()["error"]["details"] == {
        "user_id": member.user_id,
        "changed": {name: preview.json()[name] for name in changed},
    }
    assert Membership.objects.get(pk=member.pk).is_current
    assert delete(as_owner, member, preview["ETag"]).status_code == 204


@pytest.mark.parametrize("sent", ['"abc"', "abc", ""])
def test_what_is_no_tag_of_a_preview_removes_nobody(
    as_owner: APIClient, member: Membership, sent: str
) -> None:
    response = delete(as_owner, member, sent)

    preview: Any = as_owner.get(f"{address_of(member)}/removal-preview")
    assert refusal(response) == (412, "PRECONDITION_FAILED")
    assert response.json()["error"]["details"]["changed"] == preview.json()
    assert Membership.objects.get(pk=member.pk).is_current


def test_every_other_refusal_comes_first(
    as_owner: APIClient, owner: Membership, member: Membership
) -> None:
    stale = '"stale"'

    unknown = delete(as_owner, member, stale, **{TO_DEPARTMENT: "dept_unknown"})
    unconfirmed = delete(as_owner, member, stale, confirm=False)
    last_owner = delete(as_owner, owner, stale)

    assert refusal(unknown) == (404, "DEPARTMENT_NOT_FOUND")
    assert refusal(unconfirmed) == (422, "CONFIRMATION_REQUIRED")
    assert refusal(last_owner) == (422, "LAST_OWNER_CANNOT_BE_REMOVED")
    delete(as_owner, member, "*")
    assert refusal(delete(as_owner, member, stale)) == (404, "USER_NOT_FOUND")


def test_whoever_leaves_by_their_own_request_sends_what_they_were_shown(
    member: Membership, client_of: ClientOf
) -> None:
    client = client_of(member.user)

    assert delete(client, member, tag_of(client, member)).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_the_removal_waits_for_its_locks_counts(
    as_owner: APIClient, member: Membership
) -> None:
    tag = tag_of(as_owner, member)

    response = result_after(partial(give_role, member), partial(delete, as_owner, member, tag))

    assert refusal(response) == (412, "PRECONDITION_FAILED")
    assert [role["name"] for role in response.json()["error"]["details"]["changed"]["roles"]] == [
        "Editor",
        "Member",
    ]
    assert Membership.objects.get(pk=member.pk).is_current
