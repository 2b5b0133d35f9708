"""The field that names a target for each type of resources, in all requests that pass them on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.api.bodies import BY_TYPE, TO_DEPARTMENT, TO_USER
from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Resource, ScheduledRemoval
from organizations.schedule.service import targets_of
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.api.address import address_of
from tests.organizations.api.refusal import invalid_fields
from tests.removals import remove


@dataclass(frozen=True)
class Request:
    """A request that passes resources on."""

    path: str = ""
    method: str = "post"
    body: dict[str, object] = field(default_factory=dict)
    status: int = 200
    begin: Callable[[Membership], object] = lambda member: None

    def send(self, client: APIClient, member: Membership, **fields: object) -> Any:
        """Send it for a member, with more fields."""
        self.begin(member)
        address = address_of(member)
        body = {**self.body, **fields}
        if self.path == "delete-bulk":
            address = f"{address.rpartition('/')[0]}/delete-bulk"
            body["user_ids"] = [member.user_id]
        elif self.path:
            address = f"{address}/{self.path}"
        return getattr(client, self.method)(address, body)


CONFIRMED: dict[str, object] = {"confirm": True}
TOMORROW = (timezone.now() + timedelta(days=1)).isoformat()
REMOVAL = Request(method="delete", body=CONFIRMED, status=204)
BULK = Request("delete-bulk", body=CONFIRMED)
DEACTIVATION = Request("deactivate")
SCHEDULE = Request("scheduled-removal", body={**CONFIRMED, "remove_at": TOMORROW}, status=201)
TRANSFER = Request("transfer-resources", body=CONFIRMED, begin=remove)
ALL = pytest.mark.parametrize(
    "request_",
    [REMOVAL, BULK, DEACTIVATION, SCHEDULE, TRANSFER],
    ids=["removal", "bulk", "deactivation", "schedule", "transfer"],
)


@pytest.fixture
def repository(member: Membership) -> Resource:
    return ResourceFactory.create(
        organization=member.organization, owner=member.user, type="repository"
    )


@pytest.fixture
def document(member: Membership) -> Resource:
    return ResourceFactory.create(
        organization=member.organization, owner=member.user, type="document"
    )


@ALL
def test_a_type_passes_to_its_target_and_the_rest_to_the_default(
    as_owner: APIClient,
    owner: Membership,
    member: Membership,
    repository: Resource,
    document: Resource,
    request_: Request,
) -> None:
    department = DepartmentFactory.create(organization=member.organization)
    fields = {TO_DEPARTMENT: department.pk, BY_TYPE: {"repository": owner.user_id}}

    response = request_.send(as_owner, member, **fields)

    assert response.status_code == request_.status
    if request_ is SCHEDULE:
        schedule = ScheduledRemoval.objects.get()
        assert targets_of(schedule) == Targets(department.pk, {"repository": owner.user_id})
        return
    repository.refresh_from_db()
    document.refresh_from_db()
    assert (repository.owner, document.department) == (owner.user, department)


@ALL
def test_it_counts_as_a_target(
    as_owner: APIClient,
    owner: Membership,
    member: Membership,
    repository: Resource,
    document: Resource,
    request_: Request,
) -> None:
    response = request_.send(as_owner, member, **{BY_TYPE: {"repository": owner.user_id}})

    assert response.status_code == request_.status
    document.refresh_from_db()
    assert document.owner == member.user


@pytest.mark.parametrize("request_", [DEACTIVATION, TRANSFER], ids=["deactivation", "transfer"])
def test_an_empty_one_is_as_left_out_and_the_answer_names_every_way_to_name_a_target(
    as_owner: APIClient, member: Membership, request_: Request
) -> None:
    response = request_.send(as_owner, member, **{BY_TYPE: {}})

    assert invalid_fields(response) == {TO_DEPARTMENT, TO_USER, BY_TYPE}


def test_a_removal_takes_an_empty_one(as_owner: APIClient, member: Membership) -> None:
    assert REMOVAL.send(as_owner, member, **{BY_TYPE: {}}).status_code == 204


@ALL
@pytest.mark.parametrize(
    ("value", "messages"),
    [
        (None, ["This field may not be null."]),
        ([], ["Must be an object of types and the ids of their targets."]),
        ({"a": None}, ["a: must be the id of a department or of a user."]),
        ({"a": "role_owner"}, ["a: must be the id of a department or of a user."]),
        ({"a": "dept_"}, ["a: must be the id of a department or of a user."]),
        ({"A b": "dept_1"}, ["A b: no resource can be of this type."]),
        ({"a\n": "dept_1"}, ["a\n: no resource can be of this type."]),
        ({f"t{n}": "dept_1" for n in range(51)}, ["At most 50 types can be named."]),
    ],
    ids=["null", "list", "no id", "another kind", "no end", "no type", "line end", "too many"],
)
def test_what_is_malformed_is_refused(
    as_owner: APIClient, member: Membership, request_: Request, value: object, messages: list[str]
) -> None:
    response = request_.send(as_owner, member, **{BY_TYPE: value})

    error = response.json()["error"]
    assert (error["code"], error["details"]) == ("VALIDATION_ERROR", {BY_TYPE: messages})


@ALL
@pytest.mark.parametrize("kind", ["department", "user"])
def test_a_target_that_is_not_there_is_named_with_its_type(
    as_owner: APIClient, member: Membership, repository: Resource, request_: Request, kind: str
) -> None:
    foreign = DepartmentFactory.create().pk
    target = foreign if kind == "department" else MembershipFactory.create().user_id

    response = request_.send(as_owner, member, **{BY_TYPE: {"repository": target}})

    error = response.json()["error"]
    assert response.status_code == 404
    assert error["details"] == {f"{kind}_id": target, "type": "repository"}
    repository.refresh_from_db()
    assert repository.owner == member.user


@ALL
@pytest.mark.parametrize(
    ("field", "code", "detail", "another_kind"),
    [
        (TO_DEPARTMENT, "DEPARTMENT_NOT_FOUND", "department_id", "usr_abc123"),
        (TO_USER, "TRANSFER_USER_NOT_FOUND", "user_id", "dept_eng001"),
    ],
    ids=["department", "user"],
)
def test_a_default_that_is_not_there_is_named_as_it_was_sent(
    as_owner: APIClient,
    owner: Membership,
    member: Membership,
    repository: Resource,
    request_: Request,
    field: str,
    code: str,
    detail: str,
    another_kind: str,
) -> None:
    there = {TO_DEPARTMENT: owner.user_id, TO_USER: DepartmentFactory.create().pk}[field]
    for target in ("dept_unknown", "usr_unknown", "", another_kind, there, "x\x00", "x" * 100):
        response = request_.send(as_owner, member, **{field: target})

        error = response.json()["error"]
        assert (response.status_code, error["code"]) == (404, code)
        assert error["details"] == {detail: target}
    repository.refresh_from_db()
    assert repository.owner == member.user


@ALL
def test_the_default_is_checked_before_types(
    as_owner: APIClient, member: Membership, request_: Request
) -> None:
    fields = {TO_DEPARTMENT: "dept_none", BY_TYPE: {"repository": "usr_none"}}

    response = request_.send(as_owner, member, **fields)

    assert response.json()["error"]["details"] == {"department_id": "dept_none"}


def test_nobody_among_those_who_are_asked_to_leave_takes_over_a_type(
    as_owner: APIClient, member: Membership
) -> None:
    response = BULK.send(as_owner, member, **{BY_TYPE: {"repository": member.user_id}})

    error = response.json()["error"]
    assert (error["code"], error["details"]) == (
        "TRANSFER_USER_NOT_FOUND",
        {"user_id": member.user_id, "type": "repository"},
    )
