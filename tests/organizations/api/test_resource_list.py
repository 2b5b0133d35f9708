"""The list of resources, and the list of those that a removal moved."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from config.api.pagination import SearchPagination
from organizations.models import Membership, Organization, Resource
from tests.conftest import ClientOf
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in, ids, listed
from tests.organizations.api.refusal import refusal
from tests.organizations.restoration.verbs import restore
from tests.removals import remove


def make(organization: Organization, **fields: Any) -> str:
    resource: Resource = ResourceFactory.create(organization=organization, **fields)
    return resource.pk


def test_it_pages_in_the_order_of_ids(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    made = sorted(make(organization, owner=owner.user) for _ in range(5))
    ResourceFactory.create(owner=owner.user)

    first = listed(as_owner, organization, "resources", limit=2)
    assert ([item["id"] for item in first["items"]], first["total"]) == (made[:2], 5)
    assert ids(as_owner, organization, "resources", limit=2, after=made[1]) == made[2:4]
    assert ids(as_owner, organization, "resources", skip=3) == made[3:]


def test_each_filter_narrows_it(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    repo = make(organization, owner=owner.user, type="repo", external_id="a", name="Billing")
    document = make(organization, department=department, type="document", external_id="a")
    by_hand = make(organization, owner=owner.user, name="Old façade")

    for query, expected in (
        ({"type": "repo"}, [repo]),
        ({"type": ["repo", "document"]}, [repo, document]),
        ({"type": "unknown"}, []),
        ({"owner_user_id": owner.user_id}, [repo, by_hand]),
        ({"owner_user_id": owner.user_id, "type": "repo"}, [repo]),
        ({"owner_department_id": department.pk}, [document]),
        ({"owner_department_id": "dept_none"}, []),
        ({"type": "repo", "external_id": "a"}, [repo]),
        ({"type": "repo", "external_id": "A"}, []),
        ({"type": "repo", "external_id": " a"}, []),
        ({"search": "bill"}, [repo]),
        ({"search": "facade old"}, [by_hand]),
        ({"search": "bill", "type": "document"}, []),
    ):
        assert ids(as_owner, organization, "resources", **query) == sorted(expected), query


def test_what_former_members_own_is_found_until_it_passes_on_or_they_come_back(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    left, back = MembershipFactory.create_batch(2, organization=organization)
    left_behind = make(organization, owner=left.user, type="repo")
    make(organization, owner=owner.user)
    make(organization, owner=back.user)
    remove(left, back)
    restore(back)

    assert ids(as_owner, organization, "resources", owner_has_left="true") == [left_behind]
    query = {"owner_has_left": "true", "type": "document"}
    assert ids(as_owner, organization, "resources", **query) == []
    Resource.objects.filter(pk=left_behind).update(owner=owner.user)
    assert ids(as_owner, organization, "resources", owner_has_left="true") == []


def test_whoever_holds_none_of_three_capabilities_sees_their_own_and_their_departments(
    organization: Organization,
    owner: Membership,
    client_of: ClientOf,
    client_holding: ClientHolding,
) -> None:
    department, other = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(organization=organization, departments=[department])
    own = make(organization, owner=member.user)
    shared = make(organization, department=department)
    hidden = [make(organization, department=other), make(organization, owner=owner.user)]
    client = client_of(member.user)

    assert ids(client, organization, "resources") == sorted([own, shared])
    for resource_id in hidden:
        path = address_in(organization, f"resources/{resource_id}")
        assert refusal(client.get(path)) == (404, "RESOURCE_NOT_FOUND")
    for capability in ("manage_resources", "remove_users", "view_audit_log"):
        assert len(ids(client_holding(capability), organization, "resources")) == 4


def test_a_search_that_finds_more_than_are_sorted_is_the_same_list(
    as_owner: APIClient,
    organization: Organization,
    owner: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = sorted(make(organization, owner=owner.user, name="Thing") for _ in range(4))

    for most in (4, 3):
        monkeypatch.setattr(SearchPagination, "max_total", most)
        first = listed(as_owner, organization, "resources", search="thing", limit=2)
        assert [item["id"] for item in first["items"]] == made[:2]
        assert (first["total"], first["has_more"]) == (4 if most == 4 else None, True)
        assert ids(as_owner, organization, "resources", search="thing", after=made[1]) == made[2:]


def test_where_the_resources_of_a_removal_are_now(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    leaver, heir = MembershipFactory.create_batch(2, organization=organization)
    there, moved_on, deleted, returned = (
        make(organization, owner=leaver.user, type="repo", external_id=key)
        for key in ("there", "moved_on", "deleted", "returned")
    )
    [removed] = remove(leaver, transfer_to=heir.user_id)
    again = MembershipFactory.create(organization=organization, user=leaver.user)
    Resource.objects.filter(pk=returned).update(owner=again.user)
    Resource.objects.filter(pk=moved_on).update(owner=owner.user)
    Resource.objects.get(pk=deleted).delete()
    path = f"removals/{removed.removal_id}/resources"

    page = listed(as_owner, organization, path)

    assert {item["external_id"]: item["now"] for item in page["items"]} == {
        key: key for key in ("there", "moved_on", "deleted", "returned")
    }
    [first, *_] = page["items"]
    assert first == {
        "resource_id": min(there, moved_on, deleted, returned),
        "type": "repo",
        "external_id": "there",
        "name": first["name"],
        "transferred_to_department_id": None,
        "transferred_to_user_id": heir.user_id,
        "now": "there",
    }
    after = listed(as_owner, organization, path, after=first["resource_id"], limit=1)
    assert (len(after["items"]), after["has_more"]) == (1, True)
    for unknown in ("rem_none", "x"):
        response = as_owner.get(address_in(organization, f"removals/{unknown}/resources"))
        assert refusal(response) == (404, "REMOVAL_NOT_FOUND")
