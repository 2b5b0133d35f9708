"""Tasks are listed, and closed by whoever they are assigned to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from organizations.handover.closing import change_task
from organizations.models import Event, Membership, OffboardingTask, Organization, Removal
from organizations.retention.service import delete_closed_tasks
from tests.conftest import ClientOf
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OffboardingStepFactory,
    OffboardingTaskFactory,
    ResourceFactory,
)
from tests.organizations.api.conftest import ClientHolding
from tests.organizations.api.lists import address_in, ids, listed
from tests.organizations.api.refusal import refusal
from tests.organizations.restoration.verbs import restore
from tests.programs import client_with, connect_program
from tests.removals import remove

NOON = datetime(2025, 12, 22, 12, tzinfo=UTC)
TASKS = "offboarding-tasks"


@pytest.fixture
def client(client_holding: ClientHolding) -> APIClient:
    """A member who may remove others, and no more."""
    return client_holding("remove_users")


def close(client: APIClient, task: OffboardingTask, **body: object) -> Any:
    return client.patch(address_in(task.organization, f"{TASKS}/{task.pk}"), body)


def task_in(organization: Organization, **fields: Any) -> OffboardingTask:
    task: OffboardingTask = OffboardingTaskFactory.create(organization=organization, **fields)
    return task


def test_a_removal_opens_a_task_which_its_system_closes_with_a_count(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    program, token = connect_program(organization, name="Code host")
    OffboardingStepFactory.create(
        organization=organization,
        key="repositories",
        title="Pass on the repositories",
        description="All of them.",
        applies_to_type="repository",
        assigned_to_connection=program,
        due_days=1,
    )
    leaver = MembershipFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=leaver.user, type="repository")
    [outcome] = remove(leaver, transfer_to=owner.user_id)
    removal, code_host = Removal.objects.get(), client_with(token)

    [opened] = listed(code_host, organization, TASKS, assigned_to="me")["items"]
    address = address_in(organization, f"removals/{outcome.removal_id}")
    [moved] = code_host.get(f"{address}/resources").json()["items"]
    closed = code_host.patch(
        address_in(organization, f"{TASKS}/{opened['id']}"), {"state": "done", "count": 1}
    )

    task = OffboardingTask.objects.get()
    due = removal.created_at + timedelta(days=1)
    assert opened == {
        "id": task.pk,
        "removal_id": removal.pk,
        "user_id": leaver.user_id,
        "key": "repositories",
        "title": "Pass on the repositories",
        "description": "All of them.",
        "assigned_to_user_id": None,
        "assigned_to_department_id": None,
        "assigned_to_connection_id": program.pk,
        "department_name": "",
        "falls_to_nobody": False,
        "due_at": f"{due:%Y-%m-%dT%H:%M:%SZ}",
        "state": "open",
        "note": "",
        "count": None,
        "closed_at": None,
        "closed_by": None,
        "closed_by_connection_id": None,
    }
    assert moved["transferred_to_user_id"] == owner.user_id
    assert closed.status_code == 200
    assert closed.json() == {
        **opened,
        "state": "done",
        "count": 1,
        "closed_at": f"{task.closed_at:%Y-%m-%dT%H:%M:%SZ}",
        "closed_by_connection_id": program.pk,
    }
    record = code_host.get(address).json()
    besides = {"removal_id", "user_id", "description"}
    assert record["tasks"] == [
        {name: value for name, value in closed.json().items() if name not in besides}
    ]
    assert record["open_task_count"] == 0
    in_list = listed(client_of(owner.user), organization, "removals")["items"]
    assert in_list == [record]


def test_each_filter_narrows_the_list(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    now = timezone.now()
    late = task_in(organization, key="laptop", due_at=now - timedelta(days=1))
    soon = task_in(organization, key="payroll", due_at=now + timedelta(days=1))
    closed = {"state": "done", "closed_at": now, "due_at": now - timedelta(days=2)}
    done = task_in(organization, removal=late.removal, key="badge", **closed)
    undated = task_in(organization, key="laptop", state="failed", closed_at=now)
    OffboardingTaskFactory.create()

    for query, expected in (
        ({}, [late, soon, done, undated]),
        ({"state": "open"}, [late, soon]),
        ({"state": ["done", "failed"]}, [done, undated]),
        ({"removal_id": late.removal_id}, [late, done]),
        ({"user_id": late.removal.membership.user_id}, [late, done]),
        ({"user_id": owner.user_id}, []),
        ({"key": "laptop"}, [late, undated]),
        ({"key": "laptop", "state": "open"}, [late]),
        ({"overdue": "true"}, [late]),
        ({"due_before": (now + timedelta(days=2)).isoformat()}, [late, soon]),
        ({"due_before": now.isoformat(), "overdue": "true"}, [late]),
        ({"assigned_to": "me"}, []),
    ):
        found = ids(client, organization, TASKS, **query)
        assert sorted(found) == sorted(task.pk for task in expected), query


def test_it_pages_in_the_order_of_ids(client: APIClient, organization: Organization) -> None:
    made = sorted(task_in(organization).pk for _ in range(5))

    first = listed(client, organization, TASKS, limit=2)
    assert ([item["id"] for item in first["items"]], first["total"]) == (made[:2], 5)
    assert "next" not in first
    assert ids(client, organization, TASKS, limit=2, after=made[1]) == made[2:4]


def test_what_is_due_pages_by_its_date_then_by_id(
    client: APIClient, organization: Organization
) -> None:
    dates = [NOON + timedelta(microseconds=number // 2) for number in range(7)]
    made = [task_in(organization, due_at=due_at) for due_at in reversed(dates)]
    expected = [task.pk for task in sorted(made, key=lambda task: (task.due_at, task.pk))]

    for query in ({"overdue": "true"}, {"due_before": "2025-12-23"}):
        found, page = [], listed(client, organization, TASKS, limit=3, **query)
        while page["has_more"]:
            found += [item["id"] for item in page["items"]]
            page = listed(client, organization, TASKS, limit=3, cursor=page["next"], **query)
        found += [item["id"] for item in page["items"]]

        assert found == expected
        assert (page["next"], page["total"]) == (None, None)


def test_without_the_capability_one_sees_and_closes_ones_own(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    mine, other = DepartmentFactory.create_batch(2, organization=organization)
    member = MembershipFactory.create(organization=organization, departments=[mine])
    colleague = MembershipFactory.create(organization=organization, departments=[other])
    program, token = connect_program(organization)
    client = client_of(member.user)
    own = [
        task_in(organization, assigned_to_user=member.user),
        task_in(organization, assigned_to_department=mine),
    ]
    programs = task_in(organization, assigned_to_connection=program)
    others = [
        task_in(organization, assigned_to_user=colleague.user),
        task_in(organization, assigned_to_department=other),
        task_in(organization, assigned_to_connection=connect_program(organization)[0]),
        task_in(organization),
    ]

    for query in ({}, {"assigned_to": "me"}):
        assert ids(client, organization, TASKS, **query) == sorted(task.pk for task in own)
        assert ids(client_with(token), organization, TASKS, **query) == [programs.pk]
    for task in own:
        assert close(client, task, state="skipped").json()["closed_by"] == member.user_id
    for task in [programs, *others]:
        assert refusal(close(client, task, state="done")) == (403, "INSUFFICIENT_PERMISSIONS")
    assert OffboardingTask.objects.closed().count() == 2


def test_a_task_of_anybody_is_closed_and_opened_again_by_whoever_may_remove(
    client: APIClient, organization: Organization
) -> None:
    task = task_in(organization, assigned_to_user=MembershipFactory.create().user)
    [shown] = listed(client, organization, TASKS)["items"]
    assert shown["falls_to_nobody"] is True

    change = {"state": "failed", "note": "Nobody is there."}
    closed = close(client, task, **change).json()
    repeated = close(client, task, **change)
    reopened = close(client, task, state="open")

    assert closed == shown | change | {
        "closed_at": closed["closed_at"],
        "closed_by": Event.objects.get(type="task.closed").actor_id,
    }
    assert (repeated.status_code, repeated.json()) == (200, closed)
    assert (reopened.status_code, reopened.json()) == (200, shown)


def test_one_that_is_deleted_for_its_age_just_after_it_was_closed_again_is_not_found(
    client: APIClient, organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = task_in(organization, state="done", closed_at=NOON)

    def change_and_delete(*args: Any, **options: Any) -> tuple[OffboardingTask, bool]:
        changed = change_task(*args, **options)
        delete_closed_tasks(kept_from=NOON + timedelta(days=1))
        return changed

    monkeypatch.setattr("organizations.api.offboarding_tasks.change_task", change_and_delete)

    assert refusal(close(client, task, state="done")) == (404, "TASK_NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"state": "cancelled"},
        {"state": None},
        {"state": "done", "note": "x" * 1001},
        {"state": "done", "note": 1},
        {"state": "done", "count": -1},
        {"state": "done", "count": "3"},
        {"state": "done", "count": 2**31},
        {"state": "done", "title": "Other"},
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_body_with_something_wrong_closes_nothing(
    client: APIClient, organization: Organization, body: dict[str, object]
) -> None:
    task = task_in(organization)

    assert refusal(close(client, task, **body)) == (422, "VALIDATION_ERROR")
    assert OffboardingTask.objects.open().get() == task


def test_no_task_of_a_removal_that_was_undone_changes(
    client: APIClient, organization: Organization, owner: Membership
) -> None:
    OffboardingStepFactory.create(organization=organization)
    leaver = MembershipFactory.create(organization=organization)
    remove(leaver)
    task = OffboardingTask.objects.get()
    restore(leaver)

    response = close(client, task, state="done")

    assert refusal(response) == (422, "TASK_CANCELLED")
    assert response.json()["error"]["details"]["task_id"] == task.pk
    [shown] = listed(client, organization, TASKS)["items"]
    assert shown["state"] == "cancelled"


def test_whoever_may_view_the_log_reads_a_record_without_a_look_for_own_tasks(
    organization: Organization, owner: Membership, client_of: ClientOf
) -> None:
    task = task_in(organization)
    client = client_of(owner.user)

    with CaptureQueriesContext(connection) as queries:
        moved = client.get(address_in(organization, f"removals/{task.removal_id}/resources"))

    assert moved.status_code == 200
    assert not any("offboardingtask" in query["sql"] for query in queries)
