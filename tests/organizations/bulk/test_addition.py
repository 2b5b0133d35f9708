"""What add_members adds and refuses."""

from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from organizations.bulk.addition import add_batch
from organizations.bulk.joiners import Joiners
from organizations.bulk.run import Run as BulkRun
from organizations.models import (
    Department,
    Event,
    Membership,
    Organization,
    ScheduledRemoval,
    Source,
)
from tests.concurrency import all_at_once
from tests.factories import DepartmentFactory, MembershipFactory, RoleFactory, UserFactory
from tests.organizations.bulk.command import UNASKED, Run, csv_file, run
from tests.removals import remove
from users.models import User

HEADER = "email,full_name,roles,departments,remove_at"

add = partial(run, command="add_members")


def added(
    organization: Organization, folder: Path, *rows: str, header: str = HEADER, options: Any = ()
) -> Run:
    """Add those whom these rows list."""
    return add(organization, "--from-file", csv_file(folder, header, *rows), *UNASKED, *options)


def named_at(member: Membership) -> tuple[list[str], list[str]]:
    """Return the names of what a member holds, sorted."""
    roles = member.role_assignments.values_list("role__name", flat=True)
    departments = member.department_memberships.values_list("department__name", flat=True)
    return sorted(roles), sorted(departments)


def test_somebody_new_gets_an_account_a_membership_roles_and_departments_by_name_or_id(
    organization: Organization, tmp_path: Path
) -> None:
    sales = DepartmentFactory.create(organization=organization, name="Sales")
    data = DepartmentFactory.create(organization=organization, name="Data")
    billing = RoleFactory.create(organization=organization, name="Billing")

    done = added(
        organization, tmp_path, f"Ann@B.example,Ann B,Member; {billing.pk},sales;{data.pk},"
    )

    member = organization.memberships.get()
    assert (done.status, done.outcomes) == (0, ["added"])
    assert (member.user.email, member.user.full_name) == ("ann@b.example", "Ann B")
    assert not member.user.has_usable_password()
    assert named_at(member) == (["Billing", "Member"], ["Data", sales.name])
    assert done.rows == [
        {
            "user_id": member.user_id,
            "email": "ann@b.example",
            "outcome": "added",
            "message": "",
            "roles": "2",
            "departments": "2",
            "scheduled_removal_id": "",
        }
    ]


def test_a_role_is_named_in_any_case_unless_two_differ_in_it_alone(
    organization: Organization, tmp_path: Path
) -> None:
    RoleFactory.create(organization=organization, name="admin")
    rows = ("a@b.example,,MEMBER; member; admin,,", "b@b.example,,ADMIN,,")

    assert added(organization, tmp_path, *rows).outcomes == ["added", "ROLE_NOT_FOUND"]
    assert named_at(organization.memberships.get())[0] == ["Member", "admin"]


def test_an_account_that_is_there_is_used_and_stays_as_it_is(
    organization: Organization, tmp_path: Path
) -> None:
    ann = UserFactory.create(email="ann@b.example", full_name="Ann")

    added(organization, tmp_path, "ann@b.example,Somebody,,,")

    assert organization.memberships.get().user == ann
    ann.refresh_from_db()
    assert ann.full_name == "Ann"


def test_a_file_needs_nothing_but_addresses(organization: Organization, tmp_path: Path) -> None:
    done = added(organization, tmp_path, "a@b.example", "c@b.example", header="E-Mail")

    assert done.outcomes == ["added", "added"]


def test_who_is_a_member_already_is_unchanged(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    done = added(organization, tmp_path, f"{owner.user.email},Other,Member;No such role,,")

    assert (done.status, done.outcomes) == (0, ["already_member"])
    assert named_at(owner) == (["Owner"], [])
    assert not Event.objects.exists()


def test_somebody_removed_before_is_added_anew_and_nothing_comes_back(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    former = MembershipFactory.create(organization=organization, roles=["Admin"])
    remove(former)

    done = added(organization, tmp_path, f"{former.user.email},,,,")

    assert done.outcomes == ["added"]
    assert named_at(Membership.objects.current().get(user=former.user)) == ([], [])


def test_each_addition_leaves_its_event(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    role = organization.roles.get(name="Member")
    file = csv_file(tmp_path, HEADER, "a@b.example,,Member,,")

    done = add(
        *(organization, "--from-file", file, "--no-input", "--reason", "Opened a branch"),
        *("--actor", owner.user.email),
    )

    event = Event.objects.get()
    assert (event.type, event.source, event.actor) == ("member.added", Source.COMMAND, owner.user)
    assert event.data == {"role_ids": [role.pk], "department_ids": []}
    assert event.reason == "Opened a branch"
    assert f"Run: {event.trace_id}" in done.output


def test_the_end_is_scheduled_at_the_beginning_for_each_at_their_own_time(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    soon, later = (
        (timezone.now() + timedelta(days=days)).replace(microsecond=0) for days in (1, 2)
    )
    done = added(
        organization,
        tmp_path,
        f"a@b.example,,,,{soon.isoformat()}",
        "b@b.example,,,,",
        f"c@b.example,,,,{later.isoformat()}",
    )

    schedules = ScheduledRemoval.objects.in_bulk()
    assert [schedules[row["scheduled_removal_id"]].remove_at for row in done.rows[::2]] == [
        soon,
        later,
    ]
    assert (done.rows[1]["scheduled_removal_id"], len(schedules)) == ("", 2)
    assert "Removals scheduled for remove_at: 2" in done.errors


def test_departments_are_made_if_the_call_says_so_once_in_any_case(
    organization: Organization, tmp_path: Path
) -> None:
    rows = ("a@b.example,,,Sales; DATA,", "b@b.example,,,sales,", "c@b.example,,,Data,")

    done = added(organization, tmp_path, *rows, options=("--make-departments", "--batch-size", "1"))

    assert done.outcomes == ["added"] * 3
    assert set(Department.objects.values_list("name", flat=True)) == {"Sales", "DATA"}
    assert "Departments made: Sales, DATA" in done.errors


@pytest.mark.parametrize(
    ("row", "options", "outcome", "message"),
    [
        ("nobody,,,,", (), "NOT_AN_ADDRESS", "nobody is no address that an account can have"),
        (
            f"{'x' * 300}@b.example,,,,",
            (),
            "VALIDATION_ERROR",
            "email is longer than 254 characters",
        ),
        ("a@erased.invalid,,,,", (), "NOT_AN_ADDRESS", "a@erased.invalid is no address"),
        (f"a@b.example,{'x' * 201},,,", (), "VALIDATION_ERROR", "full_name is longer than 200"),
        ("a@b.example,,Chief,,", (), "ROLE_NOT_FOUND", "there is no role Chief"),
        ("a@b.example,,role_x,,", (), "ROLE_NOT_FOUND", "there is no role role_x"),
        ("a@b.example,,,Sales,", (), "DEPARTMENT_NOT_FOUND", "there is no department Sales"),
        (
            "a@b.example,,,dept_x,",
            ("--make-departments",),
            "DEPARTMENT_NOT_FOUND",
            "there is no department dept_x",
        ),
        (
            f"a@b.example,,,{'x' * 201},",
            ("--make-departments",),
            "DEPARTMENT_NOT_FOUND",
            "there is no department xxx",
        ),
        (
            "a@b.example,,,,2020-01-01T00:00+00:00",
            (),
            "VALIDATION_ERROR",
            "remove_at: Must be in the future.",
        ),
    ],
    ids=[
        *("no-address", "long-address", "erased", "long-name", "no-role", "no-role-id"),
        *("no-department", "no-department-id", "long-department", "past"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_the_others_are_added(
    organization: Organization,
    tmp_path: Path,
    row: str,
    options: tuple[str, ...],
    outcome: str,
    message: str,
) -> None:
    done = added(organization, tmp_path, row, "ok@b.example,,,,", options=options)

    assert (done.status, done.outcomes) == (1, [outcome, "added"])
    assert done.rows[0]["message"].startswith(message)
    assert [m.user.email for m in organization.memberships.all()] == ["ok@b.example"]
    assert not Department.objects.exists()


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ((HEADER, "a@b.example,,,,tomorrow"), "line 2: remove_at: Must be a time with its offset"),
        ((HEADER, "a@b.example,,,,2026-12-31T17:00"), "line 2: remove_at: Must be a time with its"),
        ((HEADER, ",Ann,,,"), "line 2: no email"),
        (
            (HEADER, "a@b.example,,Member,,", "A@b.example,,Admin,,"),
            "line 2 and line 3: both name a@b.example, differently",
        ),
        (
            ("full_name", "Ann"),
            "the header needs email; the columns are email, full_name, roles, dep",
        ),
    ],
    ids=["no-time", "no-offset", "no-email", "contradiction", "no-column"],
)
def test_what_cannot_be_read_begins_nothing(
    organization: Organization, tmp_path: Path, file: tuple[str, ...], message: str
) -> None:
    header, *rows = file

    done = added(organization, tmp_path, *rows, header=header)

    assert done.status == 2
    assert message in done.errors
    assert not User.objects.exists()


def test_equal_rows_count_as_one_person(organization: Organization, tmp_path: Path) -> None:
    done = added(organization, tmp_path, "a@b.example,,Member,,", "A@B.example,,Member,,")

    assert (done.status, done.outcomes) == (0, ["added", "duplicate"])


def test_the_dry_run_shows_the_plan_and_changes_nothing(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    end = timezone.now() + timedelta(days=1)
    file = csv_file(
        tmp_path,
        HEADER,
        f"ann@b.example,Ann,Member,Sales;Data,{end.isoformat()}",
        f"{owner.user.email},,,,",
        "bob@b.example,Bob,Chief,,",
    )

    done = add(organization, "--from-file", file, "--dry-run", "--make-departments")

    assert done.status == 1
    assert done.output.splitlines() == [
        f"Members to add to {organization}: 1",
        "                                           roles  departments",
        "  ann@b.example                                1            2",
        "Members already, unchanged: 1",
        "Cannot be added: 1",
        "  bob@b.example: there is no role Chief",
        "To give in all: roles 1, departments 2.",
        "Accounts to make: 1",
        "Departments to make: Sales, Data",
        "Removals scheduled for remove_at: 1",
    ]
    assert User.objects.count() == 1
    assert not Department.objects.exists()


def test_the_report_is_the_input_of_a_removal(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    file = csv_file(tmp_path, HEADER, "a@b.example,,Member,,", "nobody,,,,")
    report = tmp_path / "report.csv"
    add(organization, "--from-file", file, "--no-input", "--report", report)

    done = run(organization, "--from-file", report, *UNASKED)

    assert done.outcomes == ["removed", "NO_ACCOUNT"]


def test_the_number_of_statements_does_not_depend_on_how_many_there_are(
    organization: Organization, tmp_path: Path
) -> None:
    end = timezone.now() + timedelta(days=1)

    def statements(name: str, number: int) -> int:
        rows = (
            f"{name}{n}@b.example,,Member,{name} {n},{(end + timedelta(minutes=n)).isoformat()}"
            for n in range(number)
        )
        people = Joiners()
        people.add_file(str(csv_file(tmp_path, HEADER, *rows)), [])
        [batch] = people.in_batches()
        bulk_run = BulkRun.begin(organization.pk, actor="", reason="")
        with CaptureQueriesContext(connection) as queries:
            add_batch(bulk_run, batch, make_departments=True)
        return len(queries)

    assert statements("one", 1) == statements("many", 50)


@pytest.mark.django_db(transaction=True)
def test_of_two_runs_of_one_file_at_once_each_person_is_added_once(
    organization: Organization, tmp_path: Path
) -> None:
    rows = [f"p{n}@b.example,,Member,Sales," for n in range(40)]
    file = csv_file(tmp_path, HEADER, *rows)
    options = (*UNASKED, "--make-departments")

    both = all_at_once(*[partial(add, organization, "--from-file", file, *options)] * 2)

    assert [each.status for each in both] == [0, 0]
    pairs = zip(both[0].outcomes, both[1].outcomes, strict=True)
    assert {tuple(sorted(pair)) for pair in pairs} == {("added", "already_member")}
    assert organization.memberships.count() == 40


@pytest.mark.django_db(transaction=True)
def test_what_this_run_added_before_its_connection_was_lost_counts_as_added(
    organization: Organization, tmp_path: Path
) -> None:
    end = timezone.now() + timedelta(days=1)
    people = Joiners()
    people.add_file(str(csv_file(tmp_path, HEADER, f"a@b.example,,Member,,{end.isoformat()}")), [])
    [batch] = people.in_batches()
    bulk_run = BulkRun.begin(organization.pk, actor="", reason="")

    first = add_batch(bulk_run, batch, make_departments=False)
    again = add_batch(bulk_run, batch, make_departments=False)

    assert [row.value_of("outcome") for row in again] == ["added"]
    columns = ("user_id", "roles", "departments", "scheduled_removal_id")
    assert [[row.value_of(c) for c in columns] for row in again] == [
        [row.value_of(c) for c in columns] for row in first
    ]
