"""Registering, reading and deleting one resource, as the page of resources has it."""

from typing import Any
from urllib.parse import quote

import pytest
from rest_framework.test import APIClient

from organizations.models import (
    Event,
    Membership,
    Organization,
    Removal,
    Resource,
    ResourceEntry,
    ResourceType,
)
from tests.deactivations import deactivate
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import invalid_fields, refusal
from tests.removals import remove

KEY = "acme/billing"


@pytest.fixture
def registrar(client_holding: ClientHolding) -> APIClient:
    """Whoever may register resources, and nothing else."""
    return client_holding("manage_resources")


def put(
    client: APIClient, organization: Organization, body: object, key: str = KEY, slug: str = "repo"
) -> Any:
    path = f"resources/{slug}/{quote(key, safe='')}"
    return client.put(address_in(organization, path), body)


def owned_by(member: Membership, **fields: Any) -> dict[str, Any]:
    return {"name": "Billing", "owner_user_id": member.user_id, **fields}


def test_what_is_new_is_made(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    url = "https://git.acme.example/billing"

    response = put(registrar, organization, owned_by(owner, url=url))

    assert response.status_code == 201
    entry = ResourceEntry.objects.get()
    assert response.json() == {
        "id": entry.pk,
        "type": "repo",
        "external_id": KEY,
        "name": "Billing",
        "url": url,
        "owner_user_id": owner.user_id,
        "owner_department_id": None,
        "updated_at": entry.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert entry.name_words == ["Billing", "billing"]
    assert list(ResourceType.objects.values_list("slug", flat=True)) == ["repo"]
    assert not Event.objects.exists()


def test_the_same_again_changes_and_locks_nothing(
    registrar: APIClient,
    organization: Organization,
    owner: Membership,
    django_assert_max_num_queries: Any,
) -> None:
    body = owned_by(owner, url="https://git.acme.example/billing")
    put(registrar, organization, body)
    before = ResourceEntry.objects.values().get()

    with django_assert_max_num_queries(20) as queries:
        response = put(registrar, organization, body)

    assert response.status_code == 200
    assert ResourceEntry.objects.values().get() == before
    assert not [query for query in queries if " FOR " in query["sql"].upper()]
    assert not [query for query in queries if "SAVEPOINT" in query["sql"]]


def test_what_is_there_is_replaced_and_a_url_left_out_is_none(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    made = put(registrar, organization, owned_by(owner, url="https://git.acme.example/a")).json()

    response = put(registrar, organization, owned_by(owner, name="Invoices"))

    changed = response.json()
    assert response.status_code == 200
    assert (changed["id"], changed["name"], changed["url"]) == (made["id"], "Invoices", None)
    assert not Event.objects.exists()


def test_the_owner_may_be_left_out_for_what_exists(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    assert refusal(put(registrar, organization, {"name": "Billing"})) == (422, "VALIDATION_ERROR")
    put(registrar, organization, owned_by(owner))

    response = put(registrar, organization, {"name": "Renamed"})

    assert response.status_code == 200
    assert Resource.objects.get().owner == owner.user


def test_another_owner_leaves_an_event_with_counts_by_type(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    put(registrar, organization, owned_by(owner))

    put(registrar, organization, {"name": "Billing", "owner_department_id": department.pk})

    event = Event.objects.get()
    assert (event.type, event.user_id) == ("resources.transferred", owner.user_id)
    assert event.data == {
        "resource_count": 1,
        "department_id": department.pk,
        "resources": [{"type": "repo", "count": 1, "department_id": department.pk}],
    }
    assert Resource.objects.get().department == department


def test_another_owner_empties_the_mark_of_a_removal(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    ResourceFactory.create(
        organization=organization, owner=member.user, type="repo", external_id=KEY
    )
    remove(member, transfer_to=owner.user_id)
    assert Resource.objects.get().removal == Removal.objects.get()
    department = DepartmentFactory.create(organization=organization)

    put(registrar, organization, {"name": "Billing", "owner_department_id": department.pk})

    assert Resource.objects.get().removal is None


def test_a_new_name_or_url_moves_the_time_and_another_owner_does_not(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    other = MembershipFactory.create(organization=organization)
    put(registrar, organization, owned_by(owner))
    made = ResourceEntry.objects.get().updated_at

    put(registrar, organization, owned_by(other))
    assert ResourceEntry.objects.get().updated_at == made
    put(registrar, organization, owned_by(other, url="http://acme.example"))
    assert ResourceEntry.objects.get().updated_at > made


def test_who_is_given_it_is_an_active_member(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    deactivated, former = MembershipFactory.create_batch(2, organization=organization)
    deactivate(deactivated)
    remove(former)

    for nobody in (deactivated, former, MembershipFactory.create()):
        response = put(registrar, organization, owned_by(nobody))
        assert refusal(response) == (404, "USER_NOT_FOUND")
        assert response.json()["error"]["details"] == {"user_id": nobody.user_id}
    assert refusal(
        put(registrar, organization, {"name": "Billing", "owner_user_id": "dept_eng001"})
    ) == (404, "USER_NOT_FOUND")
    for unknown in ("dept_none", owner.user_id, DepartmentFactory.create().pk):
        body = {"name": "Billing", "owner_department_id": unknown}
        assert refusal(put(registrar, organization, body)) == (404, "DEPARTMENT_NOT_FOUND")
    assert not Resource.objects.exists()


def test_whoever_owns_it_already_may_be_named_while_a_member(
    registrar: APIClient, organization: Organization
) -> None:
    member = MembershipFactory.create(organization=organization)
    put(registrar, organization, owned_by(member))
    deactivate(member)
    assert put(registrar, organization, owned_by(member, name="New")).status_code == 200

    remove(member)

    assert Resource.objects.get().owner == member.user
    for name in ("New", "Newer"):
        response = put(registrar, organization, owned_by(member, name=name))
        assert refusal(response) == (404, "USER_NOT_FOUND")
    assert put(registrar, organization, {"name": "Newer"}).status_code == 200


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"name": ""}, ["name"]),
        ({"name": "x" * 201}, ["name"]),
        ({"name": None}, ["name"]),
        ({"name": 1}, ["name"]),
        ({"name": "a\0b"}, ["name"]),
        ({"name": " \u200b\u00a0"}, ["name"]),
        ({"url": "javascript:alert(1)"}, ["url"]),
        ({"url": "ftp://acme.example"}, ["url"]),
        ({"url": "https://"}, ["url"]),
        ({"url": "https://acme.example/" + "x" * 2000}, ["url"]),
        ({"url": "https://acme.example/a b"}, ["url"]),
        ({"owner_department_id": "dept_x"}, ["owner_user_id", "owner_department_id"]),
        ({"owner_user_id": 1}, ["owner_user_id"]),
        ({"title": "x"}, ["title"]),
        ({"type": "repo"}, ["type"]),
        ({"id": "res_x"}, ["id"]),
    ],
    ids=str,
)
def test_a_wrong_field_is_named(
    registrar: APIClient,
    organization: Organization,
    owner: Membership,
    wrong: dict[str, Any],
    fields: list[str],
) -> None:
    response = put(registrar, organization, owned_by(owner) | wrong)

    assert invalid_fields(response) == set(fields)
    assert not Resource.objects.exists()


@pytest.mark.parametrize("slug", ["Repo", "-repo", "re po", "x" * 65, "répo"])
def test_a_type_is_a_slug(
    registrar: APIClient, organization: Organization, owner: Membership, slug: str
) -> None:
    assert invalid_fields(put(registrar, organization, owned_by(owner), slug=slug)) == {"type"}


@pytest.mark.parametrize("key", ["/a", "a/", "a//b", "./a", "a/../b", "..", "."])
def test_a_key_that_no_address_keeps_goes_by_import_alone(
    registrar: APIClient, organization: Organization, owner: Membership, key: str
) -> None:
    response = put(registrar, organization, owned_by(owner), key=key)

    assert refusal(response) == (422, "VALIDATION_ERROR")
    assert "import" in response.json()["error"]["details"]["external_id"][0]


@pytest.mark.parametrize("key", ["a\nb", "\x7f", "a\x85b", "x" * 256])
def test_a_key_has_no_control_characters(
    registrar: APIClient, organization: Organization, owner: Membership, key: str
) -> None:
    response = put(registrar, organization, owned_by(owner), key=key)

    assert invalid_fields(response) == {"external_id"}


@pytest.mark.parametrize(
    "key", ["a b", "a/b", "ä", "a%2Fb", "?", "#", " a ", "x" * 255, "A", "..."]
)
def test_any_other_key_is_one_of_its_own(
    registrar: APIClient, organization: Organization, owner: Membership, key: str
) -> None:
    put(registrar, organization, owned_by(owner), key="a")

    response = put(registrar, organization, owned_by(owner), key=key)

    assert (response.status_code, response.json()["external_id"]) == (201, key)
    path = f"resources/repo/{quote(key, safe='')}"
    assert registrar.get(address_in(organization, path)).json() == response.json()
    assert registrar.delete(address_in(organization, path)).status_code == 204
    assert refusal(registrar.get(address_in(organization, path))) == (404, "RESOURCE_NOT_FOUND")


def test_the_hundred_and_first_type_is_refused(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    ResourceType.objects.bulk_create(
        ResourceType(organization=organization, slug=f"type-{number}") for number in range(99)
    )
    assert put(registrar, organization, owned_by(owner), slug="last").status_code == 201

    response = put(registrar, organization, owned_by(owner), slug="one-more")

    assert refusal(response) == (422, "TOO_MANY_RESOURCE_TYPES")
    assert put(registrar, organization, owned_by(owner, name="B"), slug="last").status_code == 200


def test_a_resource_is_deleted_with_an_event_and_moves_stay(
    registrar: APIClient, organization: Organization, owner: Membership
) -> None:
    member = MembershipFactory.create(organization=organization)
    put(registrar, organization, owned_by(member))
    remove(member, transfer_to=owner.user_id)
    resource = Resource.objects.get()

    response = registrar.delete(address_in(organization, f"resources/{resource.pk}"))

    assert (response.status_code, response.content) == (204, b"")
    assert not Resource.objects.exists()
    event = Event.objects.get(type="resources.deleted")
    assert event.user_id == owner.user_id
    assert event.data == {"resources": [{"type": "repo", "count": 1}]}
    assert Removal.objects.get().resource_moves.get().external_id == KEY
