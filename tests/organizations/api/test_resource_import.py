"""POST of an import of resources, as the page of resources has it."""

import json
from collections.abc import Iterable
from typing import Any

import pytest
from rest_framework.test import APIClient

from organizations.models import (
    Event,
    Membership,
    Organization,
    Resource,
    ResourceEntry,
    ResourceType,
)
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.removals import remove


def import_into(client: APIClient, organization: Organization, *lines: object) -> Any:
    return client.post(address_in(organization, "resources/import"), {"resources": lines})


def line(key: str, owner: Membership, **fields: Any) -> dict[str, Any]:
    return {
        "type": "repo",
        "external_id": key,
        "name": f"Repository {key}",
        "owner_user_id": owner.user_id,
        **fields,
    }


def in_order(said: Iterable[tuple[str | None, Any]]) -> list[str]:
    return sorted(json.dumps(each, sort_keys=True) for each in said)


def test_what_is_new_is_made_and_the_rest_changed_or_left(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    import_into(as_owner, organization, line("a", owner), line("b", owner))

    response = import_into(
        as_owner, organization, line("a", owner), line("b", owner, name="New"), line("c", owner)
    )

    assert response.status_code == 200
    assert response.json() == {"created": 1, "updated": 1, "unchanged": 1, "failed": []}
    names = dict(ResourceEntry.objects.values_list("external_id", "name"))
    assert names == {"a": "Repository a", "b": "New", "c": "Repository c"}


def test_the_number_of_statements_is_that_of_one(
    as_owner: APIClient,
    organization: Organization,
    owner: Membership,
    django_assert_max_num_queries: Any,
) -> None:
    with django_assert_max_num_queries(40) as few:
        import_into(as_owner, organization, line("a", owner))
    lines = [line(str(number), owner) for number in range(200)]
    with django_assert_max_num_queries(40) as many:
        import_into(as_owner, organization, *lines)
    # The type is known by then.
    assert len(many) <= len(few)
    with django_assert_max_num_queries(20) as again:
        import_into(as_owner, organization, *lines)
    assert not [query for query in again if " FOR " in query["sql"].upper()]


def test_what_is_wrong_with_a_line_is_that_lines(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    gone = MembershipFactory.create(organization=organization)
    remove(gone)

    response = import_into(
        as_owner,
        organization,
        line("good", owner),
        {"type": "repo"},
        line("lost", gone),
        line("twice", owner),
        line("twice", owner, name="Again"),
        line("no-department", owner, owner_user_id=None, owner_department_id="dept_none"),
        line("ownerless", owner, owner_user_id=None),
        line("typo", owner, nmae="x"),
        line("typo", owner),
    )

    answer = response.json()
    assert (answer["created"], answer["updated"], answer["unchanged"]) == (1, 0, 0)
    assert [(each["index"], each["error"]["code"]) for each in answer["failed"]] == [
        (1, "VALIDATION_ERROR"),
        (2, "USER_NOT_FOUND"),
        (3, "VALIDATION_ERROR"),
        (4, "VALIDATION_ERROR"),
        (5, "DEPARTMENT_NOT_FOUND"),
        (6, "VALIDATION_ERROR"),
        (7, "VALIDATION_ERROR"),
        (8, "VALIDATION_ERROR"),  # which of the two is meant, nobody knows
    ]
    assert answer["failed"][0]["error"]["details"] == {
        "external_id": ["This field is required."],
        "name": ["This field is required."],
    }
    assert answer["failed"][1]["error"]["details"] == {"user_id": gone.user_id}
    assert ResourceEntry.objects.get().external_id == "good"


@pytest.mark.parametrize(
    "body",
    [{}, {"resources": []}, {"resources": "x"}, {"resources": ["x"]}, {"resources": [{}], "x": 1}],
    ids=str,
)
def test_a_body_that_is_no_such_list_is_refused(
    as_owner: APIClient, organization: Organization, body: object
) -> None:
    response = as_owner.post(address_in(organization, "resources/import"), body)

    assert refusal(response) == (422, "VALIDATION_ERROR")


def test_each_line_that_is_no_object_is_named(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    response = import_into(as_owner, organization, line("a", owner), "x", [], None)

    assert refusal(response) == (422, "VALIDATION_ERROR")
    assert response.json()["error"]["details"] == {
        "resources": [f"resources[{index}] must be an object." for index in (1, 2, 3)]
    }
    assert not Resource.objects.exists()


def test_a_thousand_lines_of_four_mebibytes_are_the_most(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    lines = [line(str(number), owner) for number in range(1001)]
    assert refusal(import_into(as_owner, organization, *lines)) == (422, "VALIDATION_ERROR")
    for each in lines[:1000]:
        each |= {"url": f"https://acme.example/{'x' * 1900}", "name": "n" * 200}
    large = import_into(as_owner, organization, *lines[:1000])
    assert large.json().get("created") == 1000, large.content
    body = json.dumps({"resources": [line("a", owner, name="x" * 4 * 1024 * 1024)]})
    address = address_in(organization, "resources/import")

    response = as_owner.generic("POST", address, body, content_type="application/json")

    assert refusal(response) == (413, "PAYLOAD_TOO_LARGE")


def test_a_list_that_is_too_long_is_told_so_before_anything_in_it(
    as_owner: APIClient, organization: Organization
) -> None:
    """The errors of two million entries, which four mebibytes have room for, took a minute."""
    response = import_into(as_owner, organization, *[0] * 1001)

    assert refusal(response) == (422, "VALIDATION_ERROR")
    assert response.json()["error"]["details"] == {
        "resources": ["Ensure this field has no more than 1000 elements."]
    }


def test_an_id_gives_a_resource_without_a_key_its_type_and_key_once(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    by_hand = ResourceFactory.create(organization=organization, owner=owner.user)
    keyed = {"type": "repo", "external_id": "a", "name": "A", "id": by_hand.pk}

    assert import_into(as_owner, organization, keyed).json()["updated"] == 1

    entry = ResourceEntry.objects.select_related("resource").get()
    assert (entry.type, entry.external_id, entry.name) == ("repo", "a", "A")
    assert (entry.resource.type, entry.resource.owner) == ("repo", owner.user)
    assert import_into(as_owner, organization, keyed).json()["unchanged"] == 1
    other = keyed | {"external_id": "b"}
    [failed] = import_into(as_owner, organization, other).json()["failed"]
    assert failed["error"]["details"] == {"id": ["This resource has another key already."]}


def test_an_id_in_two_lines_gives_no_key(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    by_hand = ResourceFactory.create(organization=organization, owner=owner.user)
    lines = [line(key, owner, id=by_hand.pk) for key in "ab"]

    failed = import_into(as_owner, organization, *lines).json()["failed"]

    assert [each["error"]["details"] for each in failed] == [
        {"id": ["This id stands in more than one line."]}
    ] * 2
    assert ResourceEntry.objects.get().external_id is None


def test_an_id_cannot_take_the_key_of_another_resource(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    by_hand = ResourceFactory.create(organization=organization, owner=owner.user)
    import_into(as_owner, organization, line("a", owner))

    answer = import_into(
        as_owner,
        organization,
        line("a", owner, id=by_hand.pk),
        line("b", owner, id="res_none"),
        line("c", owner, id=ResourceFactory.create(owner=owner.user).pk),
    ).json()

    assert [each["error"]["code"] for each in answer["failed"]] == [
        "VALIDATION_ERROR",
        "RESOURCE_NOT_FOUND",
        "RESOURCE_NOT_FOUND",
    ]


@pytest.mark.parametrize("key", ["/a", "a//b", "..", "a/./b", " ", "%2F"])
def test_a_key_that_no_address_keeps_is_imported_found_and_deleted_by_its_id(
    as_owner: APIClient, organization: Organization, owner: Membership, key: str
) -> None:
    assert import_into(as_owner, organization, line(key, owner)).json()["created"] == 1
    query = {"type": "repo", "external_id": key}
    [found] = as_owner.get(address_in(organization, "resources"), query).json()["items"]
    assert found["external_id"] == key

    response = as_owner.delete(address_in(organization, f"resources/{found['id']}"))

    assert response.status_code == 204
    assert not ResourceEntry.objects.exists()


def test_there_is_one_event_for_each_owner_who_lost_and_target(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    department, other = DepartmentFactory.create_batch(2, organization=organization)
    of_department = {"owner_user_id": None, "owner_department_id": department.pk}
    import_into(
        as_owner,
        organization,
        *(line(key, first) for key in "ab"),
        line("doc", first, type="document"),
        line("c", second),
        line("d", first, owner_user_id=None, owner_department_id=other.pk),
        line("kept", first),
    )

    import_into(
        as_owner,
        organization,
        line("a", first, **of_department),
        line("b", owner),
        line("doc", owner, type="document"),
        line("c", owner),
        line("d", owner),
        line("kept", first, name="Renamed"),
    )

    def lost(user: str | None, target: dict[str, str], **counts: int) -> tuple[str | None, Any]:
        of_types = [{"type": slug, "count": counts[slug], **target} for slug in sorted(counts)]
        total = sum(counts.values())
        return user, {"resource_count": total, **target, "resources": of_types}

    to_owner, to_department = {"heir_id": owner.user_id}, {"department_id": department.pk}
    events = Event.objects.filter(type="resources.transferred")
    assert in_order((event.user_id, event.data) for event in events) == in_order(
        [
            lost(None, to_owner, repo=1),
            lost(first.user_id, to_department, repo=1),
            lost(first.user_id, to_owner, document=1, repo=1),
            lost(second.user_id, to_owner, repo=1),
        ]
    )


def test_lines_of_types_beyond_the_hundredth_are_refused_alone(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    ResourceType.objects.bulk_create(
        ResourceType(organization=organization, slug=f"type-{number}") for number in range(99)
    )

    answer = import_into(
        as_owner,
        organization,
        line("a", owner, type="last"),
        line("b", owner, type="too-many"),
        line("c", owner, type="type-7"),
    ).json()

    assert answer["created"] == 2
    assert [(each["index"], each["error"]["code"]) for each in answer["failed"]] == [
        (1, "TOO_MANY_RESOURCE_TYPES")
    ]
    assert Resource.objects.count() == 2
