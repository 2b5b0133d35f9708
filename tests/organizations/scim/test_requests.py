"""Requests apart from users and groups: tokens, media types, bodies, discovery and errors."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client, override_settings

from organizations.models import Organization
from organizations.scim.connections import DirectoryAddressRateThrottle
from organizations.scim.users import Users
from tests.organizations.scim.caller import Directory, new_user

ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


def test_the_service_is_described_without_a_token(organization: Organization) -> None:
    response = Client().get(f"/scim/v2/organizations/{organization.pk}/ServiceProviderConfig")

    config = json.loads(response.content)
    assert (response.status_code, response["Content-Type"]) == (200, "application/scim+json")
    assert {name: config[name]["supported"] for name in ("patch", "filter")} == {
        "patch": True,
        "filter": True,
    }
    for name in ("bulk", "sort", "etag", "changePassword"):
        assert config[name]["supported"] is False
    assert config["filter"]["maxResults"] == 200


@pytest.mark.parametrize("with_token", [True, False])
def test_the_description_of_the_service_counts_against_the_rate_of_its_address(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, with_token: bool
) -> None:
    monkeypatch.setattr(DirectoryAddressRateThrottle, "rate", "2/min", raising=False)
    caller = directory if with_token else Directory(directory.connection, "")

    answers = [caller.send("GET", "/ServiceProviderConfig") for _ in range(3)]

    assert [answer.status for answer in answers] == [200, 200, 429]
    assert answers[-1].body["schemas"] == [ERROR]


def test_what_is_published_of_a_user_is_in_the_schema(directory: Directory) -> None:
    schemas = directory.send("GET", "/Schemas").body["Resources"]
    [user] = [schema for schema in schemas if schema["name"] == "User"]

    assert {attribute["name"]: attribute["mutability"] for attribute in user["attributes"]} == {
        **dict.fromkeys(["userName", "name", "displayName", "emails", "active"], "readWrite"),
        "groups": "readOnly",
    }
    types = directory.send("GET", "/ResourceTypes").body["Resources"]
    assert [kind["endpoint"] for kind in types] == ["/Users", "/Groups"]


def test_a_wrong_token_is_told_from_none(organization: Organization) -> None:
    address = f"/scim/v2/organizations/{organization.pk}/Users"
    wrong = {"Authorization": "Bearer offboard_scim_guess"}

    answers = [Client().get(address, headers=headers) for headers in ({}, wrong)]

    challenges = [answer["WWW-Authenticate"] for answer in answers]
    assert challenges == ["Bearer", 'Bearer error="invalid_token"']
    assert [answer.json()["schemas"] for answer in answers] == [[ERROR]] * 2


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/scim+json", 201),
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_both_types_of_json_are_read(directory: Directory, content_type: str, status: int) -> None:
    answer = directory.send("POST", "/Users", new_user("ada@example.com"), content_type)

    assert (answer.status, answer.content_type) == (status, "application/scim+json")


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b"{", 400, "invalidSyntax"),
        (b"[]", 400, "invalidSyntax"),
        (b"{}", 400, "invalidValue"),
        (b'{"schemas": [], "userName": ""}', 400, "invalidValue"),
        (b'{"userName": "a", "userName": "b"}', 400, "invalidSyntax"),
        (b'{"userName": "a", "USERNAME": "b"}', 400, "invalidSyntax"),
        (b'{"userName": "\\ud800"}', 400, "invalidSyntax"),
        (b'{"userName": "\xff"}', 400, "invalidSyntax"),
        (b'{"userName": ' + b"9" * 5000 + b"}", 400, "invalidSyntax"),
        (b'{"name": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400, "invalidSyntax"),
    ],
)
def test_a_body_that_is_none_is_refused(
    directory: Directory, body: bytes, status: int, kind: str | None
) -> None:
    answer = directory.send("POST", "/Users", body)

    assert answer.outcome == (status, kind)
    assert answer.body["schemas"] == [ERROR]


@pytest.mark.parametrize(
    ("method", "path", "status"), [("POST", "/Users", 411), ("DELETE", "/Users/usr_1", 404)]
)
def test_a_body_in_chunks_is_refused_as_that_and_not_as_empty(
    directory: Directory, method: str, path: str, status: int
) -> None:
    response = Client().generic(
        method,
        f"/scim/v2/organizations/{directory.connection.organization_id}{path}",
        content_type="application/scim+json",
        headers={"Authorization": f"Bearer {directory.token}", "Transfer-Encoding": "chunked"},
    )

    error = json.loads(response.content)
    assert (error["schemas"], error["status"]) == ([ERROR], str(status))
    assert ("Content-Length" in error["detail"]) is (status == 411)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/Nothing", 404),
        ("POST", "/Users/usr_1", 405),
        ("GET", "/Me", 501),
        ("POST", "/Bulk", 501),
        ("GET", "/Users?sortBy=userName", 501),
        ("GET", "/Users/usr_%00", 404),
    ],
)
def test_what_is_not_there_is_refused_in_scims_words(
    directory: Directory, method: str, path: str, status: int
) -> None:
    answer = directory.send(method, path)

    assert (answer.status, answer.body["schemas"]) == (status, [ERROR])


@pytest.mark.parametrize(
    "path", ["/ServiceProviderConfig", "/Schemas", "/Users", "/Groups", "/Users/usr_unknown", "/No"]
)
def test_head_is_answered_as_get_is(directory: Directory, path: str) -> None:
    get, head = directory.send("GET", path), directory.send("HEAD", path)

    assert head.status == get.status
    assert head.content_type == get.content_type


def test_a_search_can_be_sent_as_a_body(directory: Directory) -> None:
    user_id = directory.add("ada@example.com")
    search = {
        "schemas": ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
        "filter": 'userName eq "ada@example.com"',
        "attributes": ["userName"],
    }

    [user] = directory.send("POST", "/Users/.search", search).body["Resources"]

    assert (user["id"], user["userName"]) == (user_id, "ada@example.com")
    assert "emails" not in user


@pytest.mark.parametrize(
    ("fault", "status"), [(OperationalError("gone"), 503), (RuntimeError("secret"), 500)]
)
def test_a_failure_is_told_in_scims_words_and_not_why(
    directory: Directory, monkeypatch: pytest.MonkeyPatch, fault: Exception, status: int
) -> None:
    def fail(*_: Any) -> None:
        raise fault

    monkeypatch.setattr(Users, "search", fail)

    answer = directory.send("GET", "/Users")

    assert (answer.status, answer.body["schemas"]) == (status, [ERROR])
    assert str(fault) not in str(answer.body)


@override_settings(ALLOWED_HOSTS=["testserver"])
@pytest.mark.parametrize(
    ("path", "host", "status"),
    [
        ("/scim/v2/organizations/org_1/Users", "other.example", 400),
        ("/scim/v2/organizations/org_1/Users", "not a host", 400),
        ("/scim/v2/nothing", "testserver", 404),
    ],
)
def test_what_fails_before_the_view_has_scims_body_too(
    db: None, path: str, host: str, status: int
) -> None:
    response = Client().get(path, headers={"Host": host})

    assert (response.status_code, response["Content-Type"]) == (status, "application/scim+json")
    error = json.loads(response.content)
    assert (error["schemas"], error["status"]) == ([ERROR], str(status))


def test_a_directory_is_refused_over_plain_http_and_not_led_to_https(directory: Directory) -> None:
    path = f"/scim/v2/organizations/{directory.connection.organization_id}/Users"
    headers = {"Authorization": f"Bearer {directory.token}"}

    with override_settings(SECURE_SSL_REDIRECT=True):
        refused = Client(headers=headers).get(path)
        answered = Client(headers=headers).get(path, secure=True)

    assert (refused.status_code, refused.json()["status"]) == (403, "403")
    assert refused["Content-Type"] == "application/scim+json"
    assert answered.status_code == 200
