"""Records and events as CSV."""

import csv
import tracemalloc
from collections.abc import Iterable
from datetime import UTC, datetime
from io import StringIO
from itertools import product
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError
from django.http.response import StreamingHttpResponse
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from organizations.export import csv_file
from organizations.export.removals import COLUMNS
from organizations.guards.transfer_targets import Targets
from organizations.models import Event, Membership, Organization, Removal, Restoration, Source
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingTaskFactory,
    ResourceFactory,
)
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in
from tests.organizations.api.refusal import refusal
from tests.removals import remove

PATHS = ("removals/export", "audit-log/export")


@pytest.fixture
def client(client_holding: ClientHolding) -> APIClient:
    """A member who may take the records along, and no more."""
    return client_holding("export_audit_log")


def content(response: Any) -> str:
    assert response.status_code == 200, response.content
    assert isinstance(response, StreamingHttpResponse)
    parts: Iterable[bytes] = response.streaming_content  # type: ignore[assignment]
    return b"".join(parts).decode()


def exported(
    client: APIClient, organization: Organization, path: str, **query: Any
) -> list[dict[str, str]]:
    text = content(client.get(address_in(organization, path), query))
    return list(csv.DictReader(StringIO(text, newline="")))


def events(organization: Organization, number: int) -> None:
    """Write so many events into the log of an organization."""
    Event.objects.bulk_create(
        Event(type=Event.Type.MEMBER_UPDATED, organization=organization, source=Source.ADMIN)
        for _ in range(number)
    )


def test_a_removal_has_a_row(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    departments = DepartmentFactory.create_batch(2, organization=organization)
    leaver = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=departments
    )
    role = leaver.role_assignments.get().role
    for type_name in ("repository", "document", "approval", "document"):
        ResourceFactory.create(organization=organization, owner=leaver.user, type=type_name)
    targets = Targets(departments[0].pk, {"repository": owner.user_id, "approval": None})
    remove(leaver, transfer_to=targets, actor=owner.user, reason="Left", trace_id="case")
    removal = Removal.objects.get()
    for state in ("done", "skipped"):
        OffboardingTaskFactory.create(removal=removal, state=state, closed_at=removal.created_at)
    back = MembershipFactory.create(organization=organization, user=leaver.user)
    Restoration.objects.create(
        removal=removal,
        membership=back,
        actor=owner.user,
        source=Source.API,
        roles=[],
        departments=[],
        resource_count=0,
        created_at=datetime(2025, 12, 22, 15, 30, tzinfo=UTC),
    )

    moment = f"{removal.created_at:%Y-%m-%dT%H:%M:%SZ}"
    assert exported(client, organization, "removals/export") == [
        {
            "removal_id": removal.pk,
            "user_id": leaver.user_id,
            "actor_id": owner.user_id,
            "connection_id": "",
            "source": "admin",
            "requested_at": moment,
            "removed_at": moment,
            "seconds": "0",
            "role_ids": role.pk,
            "department_ids": " ".join(department.pk for department in departments),
            "resource_count": "4",
            "resources": (
                f"approval=1>;document=2>{departments[0].pk};repository=1>{owner.user_id}"
            ),
            "transferred_to": departments[0].pk,
            "open_tasks": "0",
            "closed_tasks": "2",
            "trace_id": "case",
            "restored_at": "2025-12-22T15:30:00Z",
            "restored_by": owner.user_id,
        }
    ]


def test_the_seconds_are_those_from_the_request_to_the_removal() -> None:
    removal = Removal(
        requested_at=datetime(2025, 12, 22, 15, 30, tzinfo=UTC),
        created_at=datetime(2025, 12, 22, 16, 30, 1, 500_000, tzinfo=UTC),
    )

    assert COLUMNS["seconds"](removal) == 3601


def test_an_event_has_a_row(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    event = Event.objects.create(
        type=Event.Type.MEMBER_UPDATED,
        organization=organization,
        user=owner.user,
        source=Source.API,
        trace_id="-2+3",
        reason="=cmd()",
        data={"role_ids": ["role_1"]},
        created_at=datetime(2025, 12, 22, 15, 30, 0, 999_999, tzinfo=UTC),
    )

    row = {
        "event_id": event.pk,
        "type": "member.updated",
        "user_id": owner.user_id,
        "actor_id": "",
        "connection_id": "",
        "source": "api",
        "created_at": "2025-12-22T15:30:00Z",
        "trace_id": "'-2+3",
        "data": '{"role_ids": ["role_1"]}',
    }
    assert exported(client, organization, "audit-log/export") == [row]
    assert exported(client, organization, "audit-log/export", include_reason="false") == [row]
    assert exported(client, organization, "audit-log/export", include_reason="true") == [
        row | {"reason": "'=cmd()"}
    ]


@pytest.mark.parametrize("path", PATHS)
def test_no_name_and_no_address_leaves_but_in_a_reason(
    client: APIClient, organization: Organization, owner: Membership, path: str
) -> None:
    leaver = MembershipFactory.create(organization=organization, roles=["Member"])
    remove(leaver, actor=owner.user, reason=f"{leaver.user.full_name} left")

    text = content(client.get(address_in(organization, path)))

    for user in (leaver.user, owner.user):
        assert user.full_name not in text
        assert user.email not in text


@pytest.mark.parametrize("path", PATHS)
def test_nothing_to_export_is_a_header(
    client: APIClient, organization: Organization, path: str
) -> None:
    text = content(client.get(address_in(organization, path)))

    assert text.endswith("\r\n")
    assert text.count("\n") == 1


@pytest.mark.parametrize("path", PATHS)
def test_the_file_is_csv_and_nothing_else_can_be_had(
    client: APIClient, organization: Organization, path: str
) -> None:
    address = address_in(organization, path)

    for accepted in ("text/csv", "*/*", "text/*", "text/csv;q=0.5, text/html"):
        response: Any = client.get(address, HTTP_ACCEPT=accepted)
        assert response.status_code == 200
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert response["Content-Disposition"].endswith('.csv"')
        assert "X-Request-ID" in response
    for accepted in ("application/json", "text/html"):
        response = client.get(address, HTTP_ACCEPT=accepted)
        assert refusal(response) == (406, "NOT_ACCEPTABLE")


@pytest.mark.parametrize("path", PATHS)
def test_errors_are_json(
    client: APIClient, organization: Organization, client_holding: ClientHolding, path: str
) -> None:
    address = address_in(organization, path)
    viewer = client_holding("view_audit_log")

    for response, expected in (
        (viewer.get(address, HTTP_ACCEPT="text/csv"), (403, "INSUFFICIENT_PERMISSIONS")),
        (APIClient().get(address, HTTP_ACCEPT="text/csv"), (401, "AUTHENTICATION_REQUIRED")),
        (client.get(address, {"limit": 1}), (422, "VALIDATION_ERROR")),
        (client.get(address, {"include_reason": "perhaps"}), (422, "VALIDATION_ERROR")),
        (client.get(address, {"include_reason": "1"}), (422, "VALIDATION_ERROR")),
        (client.get(address, {"from_date": "soon"}), (422, "VALIDATION_ERROR")),
        (client.post(address), (405, "METHOD_NOT_ALLOWED")),
    ):
        answer: Any = response
        assert refusal(answer) == expected
        assert answer["Content-Type"] == "application/json"


def test_a_head_does_not_read_it_all(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "ROWS_AT_ONCE", 3)
    events(organization, 9)
    address = address_in(organization, "audit-log/export")
    credentials = client._credentials  # type: ignore[attr-defined]  # of REST framework, untyped
    request = RequestFactory().head(address, **credentials)

    # The client for tests drops the body of a HEAD, which a server reads.
    response = WSGIHandler()(request.environ, lambda *headers: lambda data: None)

    assert len(list(response)) == 1


def test_filters_are_those_of_the_list(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    first, second = MembershipFactory.create_batch(2, organization=organization)
    remove(first, actor=owner.user)
    remove(second)
    elsewhere = MembershipFactory.create()
    remove(elsewhere, actor=elsewhere.user)

    assert len(exported(client, organization, "removals/export")) == 2
    [row] = exported(client, organization, "removals/export", actor_id=owner.user_id)
    assert row["user_id"] == first.user_id
    [row] = exported(client, organization, "audit-log/export", user_id=second.user_id)
    assert row["type"] == "member.removed"
    query = {"type": ["member.added", "member.updated"]}
    assert exported(client, organization, "audit-log/export", **query) == []
    for path, name in product(PATHS, ("user_id", "actor_id")):
        assert exported(client, organization, path, **{name: elsewhere.user_id}) == []


@pytest.mark.parametrize("number", [1, 3, 4, 6, 7])
def test_every_row_is_there_once_the_newest_first_and_each_statement_reads_some(
    client: APIClient,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: DjangoAssertNumQueries,
    number: int,
) -> None:
    monkeypatch.setattr(csv_file, "ROWS_AT_ONCE", 3)
    events(organization, number)

    with django_assert_num_queries(2 + number // 3 + 1):  # token, capabilities, and the rows
        rows = exported(client, organization, "audit-log/export")

    expected = Event.objects.order_by("-pk").values_list("pk", flat=True)
    assert [row["event_id"] for row in rows] == list(expected)


def test_a_statement_reads_two_thousand_rows(
    client: APIClient,
    organization: Organization,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for added, statements in ((1999, 1), (1, 2)):
        events(organization, added)
        with django_assert_num_queries(2 + statements):  # token, capabilities, and the rows
            exported(client, organization, "audit-log/export")


def test_memory_does_not_grow_with_the_rows(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "ROWS_AT_ONCE", 200)
    events(organization, 401)
    address = address_in(organization, "audit-log/export")

    def peak() -> int:
        response: Any = client.get(address)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        assert sum(len(part) for part in response.streaming_content) > 0
        return tracemalloc.get_traced_memory()[1] - before

    tracemalloc.start()
    try:
        peak()
        few = peak()
        events(organization, 1_200)
        many = peak()
    finally:
        tracemalloc.stop()

    assert many < 1.3 * few


def test_a_database_that_fails_at_first_is_an_error_and_later_breaks_the_file_off(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_file, "ROWS_AT_ONCE", 2)
    events(organization, 5)
    address = address_in(organization, "audit-log/export")
    written = csv_file._written

    def failing_after(rows: int) -> None:
        left = rows * 8  # cells

        def fail(cell: Any) -> Any:
            nonlocal left
            left -= 1
            if left < 0:
                raise OperationalError("away")
            return written(cell)

        monkeypatch.setattr(csv_file, "_written", fail)

    failing_after(1)
    response: Any = client.get(address)
    assert refusal(response) == (503, "SERVICE_UNAVAILABLE")

    failing_after(3)
    response = client.get(address)
    with pytest.raises(OperationalError):
        b"".join(response.streaming_content)
