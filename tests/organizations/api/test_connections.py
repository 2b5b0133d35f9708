"""Connections of programs: made, listed, rotated and revoked (start.md)."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.connections.service import MOST_CONNECTIONS, disable, rotate_token
from organizations.connections.tokens import issue_token
from organizations.models import Connection, Membership, Organization
from tests.conftest import ClientOf
from tests.directories import connect
from tests.factories import MembershipFactory, UserFactory
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import invalid_fields, refusal
from tests.programs import client_with, connect_program, program_of
from tests.removals import remove
from users.models import User

FIELDS = {
    *("id", "kind", "name", "capabilities", "expires_at", "last_used_on", "last_request_at"),
    *("previous_token_until", "created_by", "rotated_by", "maker_is_member", "created_at"),
    "opens_no_tasks",
}


def create(client: APIClient, organization: Organization, **body: object) -> Any:
    body = {"name": "HR system", "capabilities": ["remove_users"], **body}
    return client.post(address_in(organization, "connections"), body)


def rotate(client: APIClient, made: Connection, **body: object) -> Any:
    path = f"connections/{made.pk}/rotate-token"
    return client.post(address_in(made.organization, path), body)


def revoke(client: APIClient, made: Connection) -> Any:
    return client.delete(address_in(made.organization, f"connections/{made.pk}"))


def departments(token: str, organization: Organization) -> Any:
    """Ask for what every active member, and every program, may see."""
    return client_with(token).get(address_in(organization, "departments"))


def test_a_program_is_connected_with_a_token_that_is_shown_this_once(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    response = create(as_owner, organization, name=" HR system ")

    made = Connection.objects.get()
    body = response.json()
    assert (response.status_code, set(body)) == (201, {*FIELDS, "token"})
    assert (body["id"], body["kind"], body["name"]) == (made.pk, "api", "HR system")
    assert (body["created_by"], body["capabilities"]) == (owner.user_id, ["remove_users"])
    assert made.pk.startswith("con_")
    assert body["token"].startswith("offboard_con_")
    assert made.expires_at
    assert timedelta(days=364) < made.expires_at - timezone.now() <= timedelta(days=365)
    shown = as_owner.get(address_in(organization, "connections")).json()
    assert shown == [{name: body[name] for name in FIELDS}]


def test_a_program_that_only_closes_its_tasks_needs_no_capability(
    as_owner: APIClient, organization: Organization
) -> None:
    assert create(as_owner, organization, capabilities=[]).json()["capabilities"] == []


def test_it_is_made_for_as_long_as_is_said(as_owner: APIClient, organization: Organization) -> None:
    until = (timezone.now() + timedelta(days=30)).replace(microsecond=0)

    body = create(as_owner, organization, expires_at=until.isoformat()).json()

    assert body["expires_at"] == f"{until:%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "\u200b"),
        ("name", "x" * 101),
        ("capabilities", ["fly"]),
        ("capabilities", ["remove_users", "remove_users"]),
        ("expires_at", "2020-01-01T00:00:00Z"),
        ("expires_at", "2999-01-01T00:00:00Z"),
        ("kind", "directory"),
    ],
    ids=lambda value: ascii(value)[:30],
)
def test_a_body_with_something_wrong_connects_nothing(
    as_owner: APIClient, organization: Organization, field: str, value: object
) -> None:
    response = create(as_owner, organization, **{field: value})

    assert invalid_fields(response) == {field}
    assert not Connection.objects.exists()


def test_an_organization_has_so_many_connections_at_most(
    as_owner: APIClient, organization: Organization
) -> None:
    Connection.objects.bulk_create(
        Connection(
            id=f"con_{number}",
            kind="api",
            organization=organization,
            expires_at=timezone.now(),
            token_digest=bytes([number]),
        )
        for number in range(MOST_CONNECTIONS)
    )
    assert refusal(create(as_owner, organization)) == (422, "TOO_MANY_CONNECTIONS")

    revoke(as_owner, Connection.objects.all()[0])

    assert create(as_owner, organization).status_code == 201


def test_it_survives_whoever_made_it(
    as_owner: APIClient, organization: Organization, client_of: ClientOf, owner: Membership
) -> None:
    maker = MembershipFactory.create(organization=organization, roles=["Admin"])
    token = create(client_of(maker.user), organization).json()["token"]
    [before] = as_owner.get(address_in(organization, "connections")).json()

    remove(maker)

    [after] = as_owner.get(address_in(organization, "connections")).json()
    assert (before["maker_is_member"], after["maker_is_member"]) == (True, False)
    assert departments(token, organization).status_code == 200


def test_a_program_is_told_that_connections_take_a_person(organization: Organization) -> None:
    program = program_of(organization, "override_all_permissions")

    response: Any = program.get(address_in(organization, "connections"))

    assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert "takes a person" in response.json()["error"]["system_message"]


def test_another_token_works_beside_the_one_before_for_a_day(
    as_owner: APIClient, organization: Organization, owner: Membership
) -> None:
    made, first = connect_program(organization, expires_at=timezone.now() + timedelta(days=1))

    body = rotate(as_owner, made).json()

    assert set(body) == {*FIELDS, "token"}
    assert body["rotated_by"] == owner.user_id
    for token in (first, body["token"]):
        assert departments(token, organization).status_code == 200
    made.refresh_from_db()
    assert made.expires_at
    assert made.expires_at - timezone.now() > timedelta(days=364)
    Connection.objects.update(previous_token_until=timezone.now())
    assert refusal(departments(first, organization)) == (401, "TOKEN_INVALID")


@pytest.mark.parametrize("left", [timedelta(hours=-1), timedelta(hours=1)], ids=str)
def test_the_one_before_does_not_outlive_its_own_expiry(
    as_owner: APIClient, organization: Organization, left: timedelta
) -> None:
    expiry = timezone.now() + left
    made, first = connect_program(organization, expires_at=expiry)

    second = rotate(as_owner, made).json()["token"]

    made.refresh_from_db()
    assert made.previous_token_until == expiry
    works = departments(first, organization).status_code == 200
    assert works == (left > timedelta(0))
    assert departments(second, organization).status_code == 200


def test_who_was_shown_either_token_that_works_is_known(organization: Organization) -> None:
    made, _ = connect_program(organization)
    first, second, third = (UserFactory.create() for _ in range(3))

    def holders(rotates: User, *, revoke_old: bool = False) -> set[str | None]:
        issue_token(made, shown_to=rotates, revoke_old=revoke_old)
        made.refresh_from_db()
        return made.secret_holders - {None}

    assert holders(first) == {first.pk}
    assert holders(second) == {first.pk, second.pk}
    assert holders(third) == {second.pk, third.pk}
    assert holders(first, revoke_old=True) == {first.pk}


def test_the_one_before_ends_at_once_if_that_is_asked(
    as_owner: APIClient, organization: Organization
) -> None:
    made, first = connect_program(organization)

    second = rotate(as_owner, made, revoke_old=True).json()["token"]

    assert refusal(departments(first, organization)) == (401, "TOKEN_INVALID")
    assert departments(second, organization).status_code == 200


def test_what_is_revoked_works_no_more_and_is_found_no_more(
    as_owner: APIClient, organization: Organization
) -> None:
    made, token = connect_program(organization)

    response = revoke(as_owner, made)

    assert (response.status_code, response.content) == (204, b"")
    assert refusal(departments(token, organization)) == (401, "TOKEN_INVALID")
    assert as_owner.get(address_in(organization, "connections")).json() == []
    for again in (revoke(as_owner, made), rotate(as_owner, made)):
        assert refusal(again) == (404, "CONNECTION_NOT_FOUND")


def test_one_that_is_revoked_just_after_its_rotation_is_not_found(
    as_owner: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _ = connect_program(organization)

    def rotate_and_revoke(*args: Any, **options: Any) -> tuple[Connection, str]:
        rotated = rotate_token(*args, **options)
        disable(made)
        return rotated

    monkeypatch.setattr("organizations.api.connections.rotate_token", rotate_and_revoke)

    assert refusal(rotate(as_owner, made)) == (404, "CONNECTION_NOT_FOUND")


def test_each_kind_of_token_is_invalid_on_the_paths_of_the_other(
    organization: Organization,
) -> None:
    _, of_program = connect_program(organization, "override_all_permissions")
    _, of_directory = connect(organization)

    assert refusal(departments(of_directory, organization)) == (401, "TOKEN_INVALID")
    users = f"/scim/v2/organizations/{organization.pk}/Users"
    response = Client().get(users, headers={"Authorization": f"Bearer {of_program}"})
    assert response.status_code == 401


def test_a_directory_is_listed_and_its_tokens_are_given_by_staff_alone(
    as_owner: APIClient, organization: Organization
) -> None:
    directory, _ = connect(organization)

    [shown] = as_owner.get(address_in(organization, "connections")).json()

    assert (shown["id"], shown["kind"], shown["maker_is_member"]) == (
        directory.pk,
        "directory",
        None,
    )
    for response in (rotate(as_owner, directory), revoke(as_owner, directory)):
        assert refusal(response) == (403, "INSUFFICIENT_PERMISSIONS")
    assert Connection.objects.enabled().get().token_digest == directory.token_digest


def test_the_day_of_its_last_use_is_written_once(organization: Organization) -> None:
    made, token = connect_program(organization)
    Connection.objects.update(last_used_on=date(2020, 1, 1))

    departments(token, organization)
    with CaptureQueriesContext(connection) as queries:
        departments(token, organization)

    made.refresh_from_db()
    assert made.last_used_on == timezone.now().date()
    assert not any(query["sql"].lstrip().startswith("UPDATE") for query in queries)


def test_requests_are_counted_by_the_connection_as_those_of_a_token(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("config.api.throttling.TokenRateThrottle.rate", "1/min", raising=False)
    _, token = connect_program(organization)
    _, other = connect_program(organization)
    assert departments(token, organization).status_code == 200

    assert refusal(departments(token, organization)) == (429, "RATE_LIMITED")
    assert departments(other, organization).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "directory"},
        {"capabilities": ["fly"]},
        {"expires_at": None},
        {"remove_after_days": 3},
        {"id": "scim_1"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_the_database_keeps_a_connection_of_its_kind(
    organization: Organization, change: dict[str, Any]
) -> None:
    connect_program(organization)

    with pytest.raises(DatabaseError, match=r"Cannot update|violates"), transaction.atomic():
        Connection.objects.update(**change)
