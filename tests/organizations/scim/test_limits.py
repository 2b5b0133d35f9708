"""Limits of one request."""

from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from organizations.models import Membership, Organization
from tests.factories import DepartmentFactory, MembershipFactory
from tests.organizations.scim.caller import PATCH_OP, Directory, new_group, new_user, replacing

SURROGATE = "\\ud800"  # as JSON writes half of a character
OF_LIBRARY = ("pydantic", "Input should", "urn:ietf:params:scim:schemas:core")


@pytest.fixture
def directory(organization: Organization) -> Directory:
    return Directory.of(organization)


@pytest.fixture
def user_id(directory: Directory) -> str:
    """Somebody whom the directory added."""
    return directory.add("lea@acme.example")


def joined(number: int) -> str:
    return " and ".join(["active eq true"] * number)


def parenthesised(number: int) -> str:
    return "(" * number + "active eq true" + ")" * number


@pytest.mark.parametrize("written", [joined, parenthesised])
@pytest.mark.parametrize("search", ["by_query", "by_body"])
def test_a_filter_has_twenty_terms_at_most(directory: Directory, search: str, written: Any) -> None:
    def answer(number: int) -> tuple[int, str | None]:
        text = written(number)
        if search == "by_body":
            return directory.send("POST", "/Users/.search", {"filter": text}).outcome
        return directory.send("GET", f"/Users?filter={text}").outcome

    assert answer(19) == (200, None)
    assert answer(21) == (400, "invalidFilter")


def test_a_term_in_a_value_is_none(directory: Directory) -> None:
    value = " and ".join(["("] * 30)

    assert directory.send("GET", f'/Users?filter=userName eq "{value}"').status == 200


def test_a_filter_has_two_thousand_characters_at_most(directory: Directory) -> None:
    def answer(characters: int) -> tuple[int, str | None]:
        value = "a" * (characters - len('userName eq ""'))
        return directory.send("GET", f'/Users?filter=userName eq "{value}"').outcome

    assert answer(2000) == (200, None)
    assert answer(2001) == (400, "invalidFilter")


@pytest.mark.parametrize("attribute", ["userName", "externalId", "emails.value"])
def test_half_of_a_character_is_no_value(directory: Directory, attribute: str) -> None:
    answer = directory.send("GET", f'/Users?filter={attribute} eq "{SURROGATE}"')

    assert answer.outcome == (400, "invalidFilter")


def test_a_patch_of_a_user_has_a_hundred_operations_at_most(
    directory: Directory, user_id: str
) -> None:
    def answer(number: int) -> tuple[int, str | None]:
        operation = replacing("displayName", "Lea")
        return directory.patch(f"/Users/{user_id}", *[operation] * number).outcome

    assert answer(100) == (200, None)
    assert answer(101) == (400, "tooMany")


def emails(number: int) -> list[dict[str, str]]:
    return [{"value": f"lea{i}@acme.example", "type": f"t{i}"} for i in range(number)]


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(lambda number: {"emails": emails(number)}, id="once"),
        pytest.param(
            lambda number: {
                "urn:ietf:params:scim:schemas:core:2.0:User": {"emails": emails(number)}
            },
            id="in_its_schema",
        ),
    ],
)
@pytest.mark.parametrize("number", [20, 21])
def test_a_user_has_twenty_emails_at_most(directory: Directory, written: Any, number: int) -> None:
    answer = directory.send("POST", "/Users", new_user("ida@acme.example", **written(number)))

    assert (answer.body.get("scimType") == "tooMany") == (number > 20)


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param(
            lambda number: [{"op": "add", "path": "emails", "value": emails(number)}], id="list"
        ),
        pytest.param(
            lambda number: [
                {"op": "add", "path": "emails", "value": [each]} for each in emails(number)
            ],
            id="lists",
        ),
        pytest.param(
            lambda number: [{"op": "add", "value": {"emails": emails(number)}}], id="no_path"
        ),
        pytest.param(
            lambda number: [
                {"op": "add", "path": f'emails[type eq "{i}"].value', "value": f"{i}@acme.example"}
                for i in range(number)
            ],
            id="by_path",
        ),
    ],
)
def test_a_patch_names_twenty_emails_at_most(
    directory: Directory, user_id: str, operations: Any
) -> None:
    def answer(number: int) -> tuple[int, str | None]:
        return directory.patch(f"/Users/{user_id}", *operations(number)).outcome

    assert answer(20) == (200, None)
    assert answer(21) == (400, "tooMany")


def test_a_path_has_two_thousand_characters_and_twenty_terms_at_most(
    directory: Directory, user_id: str
) -> None:
    for path in ("a" * 2001, f"emails[{joined(21)}].value"):
        answer = directory.patch(f"/Users/{user_id}", {"op": "add", "path": path, "value": "a"})
        assert answer.outcome == (400, "invalidPath")


@pytest.mark.parametrize("name", ["attributes", "excludedAttributes"])
@pytest.mark.parametrize("path", ["/Users", "/Groups", "/Users/{user_id}"])
def test_a_hundred_attributes_are_named_at_most(
    directory: Directory, user_id: str, name: str, path: str
) -> None:
    def answer(number: int) -> tuple[int, str | None]:
        names = ",".join(f"a{i}" for i in range(number))
        return directory.send("GET", f"{path.format(user_id=user_id)}?{name}={names}").outcome

    assert answer(100) == (200, None)
    assert answer(101) == (400, "tooMany")


def test_a_list_of_attributes_in_a_body_is_as_long_at_most(directory: Directory) -> None:
    answer = directory.send("POST", "/Users/.search", {"attributes": ["userName"] * 101})

    assert answer.outcome == (400, "tooMany")


def test_of_attributes_that_are_not_there_nothing_is_shown(
    directory: Directory, user_id: str
) -> None:
    user = directory.send("GET", f"/Users/{user_id}?attributes=a,b,USERNAME").body

    assert set(user) == {"schemas", "id", "userName"}
    assert set(directory.send("GET", f"/Users/{user_id}?attributes=a,b").body) == {"schemas", "id"}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (f"startIndex={10**40}", (200, 0)),
        (f"count={10**40}", (200, 1)),
        (f"startIndex=-{10**40}", (200, 1)),
        ("count=0&count=1", (200, 1)),
        ("startIndex=" + "9" * 5000, (400, None)),
        ("startIndex=1e3", (400, None)),
        ("count=%D9%A1", (400, None)),
        ("&".join(f"a{i}=1" for i in range(10_001)), (400, None)),
    ],
)
def test_numbers_and_parameters_are_bounded(
    directory: Directory, user_id: str, query: str, expected: tuple[int, int | None]
) -> None:
    answer = directory.send("GET", f"/Users?{query}")

    assert (answer.status, answer.body.get("itemsPerPage")) == expected


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/Users", 64 * 1024),
        ("/Users/.search", 64 * 1024),
        ("/groups/.search", 64 * 1024),
        ("/Nothing", 64 * 1024),
        ("/Groups", 1024 * 1024),
        ("/Groups/dept_1", 1024 * 1024),
    ],
)
def test_a_body_has_its_length_at_most(directory: Directory, path: str, most: int) -> None:
    method = "PUT" if path.endswith("_1") else "POST"
    fitting = directory.send(method, path, b"{}" + b" " * (most - 2))
    longer = directory.send(method, path, b"{}" + b" " * (most - 1))

    assert fitting.status in (200, 400, 404)
    assert longer.status == 413
    assert f"{most // 1024} KiB" in longer.body["detail"]


@pytest.mark.parametrize("header", ["If-Match", "If-None-Match"])
def test_a_condition_has_a_thousand_characters_at_most(
    directory: Directory, user_id: str, header: str
) -> None:
    path = f"/scim/v2/organizations/{directory.connection.organization_id}/Users/{user_id}"
    bearer = f"Bearer {directory.token}"

    response = Client().get(path, headers={"Authorization": bearer, header: "a" * 1001})

    assert response.status_code == 400


@pytest.mark.parametrize(
    "value",
    [
        {"name": {"formatted": [[[[[[[[["deep"]]]]]]]]]}},
        {"name": {f"a{i}": "b" for i in range(101)}},
        {"emails": [{f"a{i}": "b" for i in range(60)} for _ in range(20)]},
    ],
)
def test_values_within_values_are_bounded(
    directory: Directory, user_id: str, value: dict[str, Any]
) -> None:
    added = directory.send("POST", "/Users", new_user("ida@acme.example", **value))
    changed = directory.patch(f"/Users/{user_id}", {"op": "replace", "value": value})

    assert (added.status, changed.status) == (400, 400)


def test_what_is_not_published_may_be_as_much_as_a_body_has_room_for(
    directory: Directory, user_id: str
) -> None:
    groups = [{"value": f"dept_{i}"} for i in range(1500)]
    photos = {f"photo{i}": "x" for i in range(500)}

    answers = [
        directory.send("POST", "/Users", new_user("ida@acme.example", groups=groups, **photos)),
        directory.send("PUT", f"/Users/{user_id}", new_user("lea@acme.example", groups=groups)),
        directory.patch(f"/Users/{user_id}", {"op": "replace", "value": {"groups": groups}}),
    ]

    assert [answer.status for answer in answers] == [201, 200, 200]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/Users", new_user("a@acme.example", active="perhaps")),
        ("POST", "/Users", new_user("a@acme.example", emails="a")),
        ("POST", "/Users", {"schemas": []}),
        ("PATCH", "/Users/{user_id}", {"schemas": [PATCH_OP], "Operations": [{"op": "move"}]}),
        ("PATCH", "/Users/{user_id}", {"schemas": [PATCH_OP], "Operations": [1]}),
        ("PATCH", "/Users/{user_id}", {"schemas": [PATCH_OP]}),
        ("GET", "/Users?filter=" + quote('a eq "1'), None),
        ("GET", "/Users?filter=" + quote("nothing eq 1"), None),
        ("GET", "/Users?attributes=" + quote("emails[value eq 1]"), None),
    ],
)
def test_what_cannot_be_read_is_refused_in_our_words(
    directory: Directory, user_id: str, method: str, path: str, body: object
) -> None:
    answer = directory.send(method, path.format(user_id=user_id), body)

    assert answer.status == 400
    assert not any(text in answer.body["detail"] for text in OF_LIBRARY)


def test_a_page_of_groups_has_ten_thousand_members_at_most_or_one_group(
    directory: Directory, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("organizations.scim.groups.MOST_MEMBERS", 3)
    groups = DepartmentFactory.create_batch(3, organization=organization)
    for _ in range(2):
        MembershipFactory.create(organization=organization, departments=groups)

    page = directory.send("GET", "/Groups").body
    rest = directory.send("GET", "/Groups?startIndex=2").body
    short = directory.send("GET", "/Groups?excludedAttributes=members").body

    assert (page["itemsPerPage"], page["totalResults"]) == (1, 3)
    assert [group["id"] for group in rest["Resources"]] == [groups[1].pk]
    assert short["itemsPerPage"] == 3
    assert not any("members" in group for group in short["Resources"])


def test_the_parts_of_members_are_shown_that_are_asked_for(
    directory: Directory, organization: Organization
) -> None:
    member: Membership = MembershipFactory.create(organization=organization)
    group = directory.send("POST", "/Groups", new_group("A", member)).body
    [whole] = group["members"]
    assert whole == {
        "value": member.user_id,
        "$ref": group["meta"]["location"].replace(
            f"Groups/{group['id']}", f"Users/{member.user_id}"
        ),
        "type": "User",
        "display": member.user.email,  # what the directory may know of them
    }

    def shown(query: str) -> object:
        return directory.send("GET", f"/Groups/{group['id']}?{query}").body.get("members")

    assert shown("attributes=members") == [whole]
    assert shown("attributes=Members.Value") == [{"value": member.user_id}]
    hidden = "members.$ref,members.type,members.display"
    assert shown(f"excludedAttributes={hidden}") == [{"value": member.user_id}]
    assert shown("attributes=displayName") is None
