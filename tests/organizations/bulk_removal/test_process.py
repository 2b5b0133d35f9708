"""The command as a process: at a terminal, in a pipe, interrupted, killed, and on many rows."""

import csv
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from django.db import connection, transaction

from organizations.models import (
    DepartmentMembership,
    Membership,
    Organization,
    Removal,
    RoleAssignment,
)
from tests.concurrency import until_nobody_else_is_at_work, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory, OrganizationFactory, RoleFactory
from tests.processes import ROOT, url_of_test_database
from users.models import User

pytestmark = pytest.mark.django_db(transaction=True)

COMMAND = [sys.executable, "manage.py", "remove_members"]


@pytest.fixture
def organization() -> Organization:
    organization = OrganizationFactory.create(name="Acme Corp")
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return organization


@pytest.fixture
def members(organization: Organization) -> list[Membership]:
    return MembershipFactory.create_batch(6, organization=organization, roles=["Member"])


@pytest.fixture
def file(members: list[Membership], tmp_path: Path) -> Path:
    file = tmp_path / "leavers.csv"
    file.write_text("\n".join(["user_id", *(member.user_id for member in members)]))
    return file


def environment() -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "DEBUG": "true",
        "DATABASE_URL": url_of_test_database(),
        "PGBOUNCER": os.environ.get("PGBOUNCER", "false"),
        "PYTHONUNBUFFERED": "1",
    }


def call(*arguments: object, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 (our own program)
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        input=stdin,
        stdin=subprocess.DEVNULL if stdin is None else None,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def started(*arguments: object) -> "subprocess.Popen[str]":
    return subprocess.Popen(  # noqa: S603 (our own program)
        [*COMMAND, *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def earlier_report(tmp_path: Path) -> Path:
    """What an earlier run reported."""
    report = tmp_path / "report.csv"
    report.write_text("what an earlier run did")
    return report


def heed_ctrl_c() -> None:
    """Have Ctrl-C work, which whoever runs the tests in the background has ignored."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def terminal(
    organization: Organization, file: Path, earlier_report: Path
) -> Iterator["pexpect.spawn[str]"]:
    """The command at a terminal, about to ask."""
    with pexpect.spawn(
        sys.executable,
        [
            *("manage.py", "remove_members", organization.pk),
            *("--from-file", str(file), "--report", str(earlier_report)),
        ],
        cwd=ROOT,
        env=environment(),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 120),
        preexec_fn=heed_ctrl_c,
    ) as terminal:
        yield terminal


def test_at_a_terminal_it_shows_the_plan_and_removes_once_the_name_is_typed(
    terminal: "pexpect.spawn[str]", members: list[Membership]
) -> None:
    terminal.expect_exact("Members to remove from Acme Corp: 6")
    terminal.expect_exact("Type the name of the organization, Acme Corp, to remove them:")
    assert not Removal.objects.exists()

    terminal.sendline("Acme Corp")

    terminal.expect_exact("6/6")  # the bar
    terminal.expect_exact("Removed: 6")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert Removal.objects.count() == 6


def test_another_name_removes_nobody_and_keeps_the_earlier_report(
    terminal: "pexpect.spawn[str]", earlier_report: Path
) -> None:
    terminal.expect_exact("to remove them:")
    terminal.sendline("acme")
    terminal.expect_exact("That is not its name. Nobody was removed.")
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 2
    assert not Removal.objects.exists()
    assert earlier_report.read_text() == "what an earlier run did"


def test_ctrl_c_at_the_question_removes_nobody(terminal: "pexpect.spawn[str]") -> None:
    terminal.expect_exact("to remove them:")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()

    assert terminal.exitstatus == 130
    assert not Removal.objects.exists()


def test_without_a_terminal_it_refuses_to_ask(organization: Organization, file: Path) -> None:
    result = call(organization.pk, "--from-file", file)

    assert result.returncode == 2
    assert "There is no terminal to ask for confirmation on." in result.stderr
    assert not Removal.objects.exists()


def test_in_a_pipe_the_report_is_all_of_standard_output(
    organization: Organization, members: list[Membership], file: Path
) -> None:
    result = call(
        organization.pk, "--from-file", "-", "--no-input", "--report", "-", stdin=file.read_text()
    )

    rows = list(csv.DictReader(result.stdout.splitlines()))
    assert result.returncode == 0
    assert [row["user_id"] for row in rows] == [member.user_id for member in members]
    assert {row["outcome"] for row in rows} == {"removed"}
    assert "Removed: 6" in result.stderr
    assert "member_removed" not in result.stderr


def test_a_report_that_cannot_be_written_is_a_call_that_could_not_start(
    organization: Organization, file: Path
) -> None:
    arguments = ("--from-file", file, "--no-input", "--report", "/dev/full")

    result = call(organization.pk, *arguments)

    assert result.returncode == 2
    assert "/dev/full cannot be written: No space left on device." in result.stderr
    assert "Traceback" not in result.stderr
    assert not Removal.objects.exists()


def test_a_missing_database_is_a_call_that_could_not_start(tmp_path: Path) -> None:
    result = subprocess.run(  # noqa: S603 (our own program)
        [*COMMAND, "org_x", "--user", "usr_x", "--no-input"],
        cwd=ROOT,
        env=environment() | {"DATABASE_URL": "postgres://nobody@127.0.0.1:1/nowhere"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert result.returncode == 2
    assert "The database failed: " in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_finishes_the_batch_in_hand_and_carries_on_when_run_again(
    organization: Organization,
    members: list[Membership],
    file: Path,
    tmp_path: Path,
    number: int,
    status: int,
) -> None:
    report = tmp_path / "report.csv"
    arguments = (organization.pk, "--from-file", file, "--no-input", "--report", report)
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=members[2].pk)
        process = started(*arguments, "--batch-size", 2)
        until_somebody_waits_for_a_lock()
        process.send_signal(number)
    _, said = process.communicate(timeout=60)

    assert process.returncode == status
    assert "Stopped after 4 of 6 rows. Run the same again to carry on." in said
    assert len(report.read_text().splitlines()) == 1 + 4
    again = call(*arguments)
    assert again.returncode == 0
    outcomes = [row["outcome"] for row in csv.DictReader(report.read_text().splitlines())]
    assert outcomes == ["already_removed"] * 4 + ["removed"] * 2


def test_interrupted_twice_it_rolls_the_batch_back(
    organization: Organization, members: list[Membership], file: Path
) -> None:
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=members[3].pk)
        process = started(organization.pk, "--from-file", file, "--no-input", "--batch-size", 2)
        until_somebody_waits_for_a_lock()
        process.send_signal(signal.SIGINT)
        while "again to roll it back" not in process.stderr.readline():  # type: ignore[union-attr]
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)

    assert process.returncode == 130
    assert "Stopped after 2 of 6 rows." in said
    assert Removal.objects.count() == 2


def test_killed_it_leaves_whole_members_only(
    organization: Organization, members: list[Membership], file: Path, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    arguments = (organization.pk, "--from-file", file, "--no-input", "--report", report)
    with transaction.atomic():
        # The batch is in its one statement: it has deleted some of the roles by now.
        assignment = RoleAssignment.objects.get(membership=members[3])
        RoleAssignment.objects.select_for_update().get(pk=assignment.pk)
        process = started(*arguments, "--batch-size", 2)
        until_somebody_waits_for_a_lock()
        process.kill()
        process.communicate(timeout=60)
    until_nobody_else_is_at_work()

    gone = set(Membership.objects.former().values_list("pk", flat=True))
    assert gone in ({m.pk for m in members[:2]}, {m.pk for m in members[:4]})
    assert set(Removal.objects.values_list("membership", flat=True)) == gone
    assert RoleAssignment.objects.filter(membership__in=members).count() == 6 - len(gone)
    assert call(*arguments).returncode == 0
    assert Removal.objects.count() == 6


@pytest.mark.slow
def test_a_hundred_thousand_rows_take_bounded_memory(
    organization: Organization, tmp_path: Path
) -> None:
    number = 100_000
    role = RoleFactory.create(organization=organization)
    with connection.cursor() as cursor:
        seed(cursor, organization, role.pk, number)
    file, report = tmp_path / "leavers.csv", tmp_path / "report.csv"
    emails = User.objects.filter(email__startswith="many").values_list("email", flat=True)
    file.write_text("\n".join(["email", *emails]))
    arguments = (organization.pk, "--from-file", file, "--no-input", "--report", report)

    peak_of_few = peak_memory(*arguments[:1], "--user", "usr_nobody", "--no-input")
    peak_of_many = peak_memory(*arguments)

    rows = list(csv.DictReader(report.read_text().splitlines()))
    assert [row["outcome"] for row in rows] == ["removed"] * number
    assert Removal.objects.count() == number
    assert not DepartmentMembership.objects.exists()
    growth = (peak_of_many - peak_of_few) / 1024
    assert growth < 60, f"{growth:.0f} MB more for {number:,} rows than for one"


def seed(cursor: object, organization: Organization, role_id: str, number: int) -> None:
    """Make many members with a role each."""
    execute = cursor.execute  # type: ignore[attr-defined]
    execute(
        "INSERT INTO users_user (id, email, full_name, password, is_active, is_staff,"
        " is_superuser, created_at) SELECT 'usr_many' || n, 'many' || n || '@example.com', '', '!',"
        " true, false, false, now() FROM generate_series(1, %s) AS n",
        [number],
    )
    execute(
        "INSERT INTO organizations_membership (organization_id, user_id, created_at)"
        " SELECT %s, id, now() FROM users_user WHERE email LIKE 'many%%'",
        [organization.pk],
    )
    execute(
        "INSERT INTO organizations_roleassignment (organization_id, membership_id, role_id)"
        " SELECT organization_id, id, %s FROM organizations_membership"
        " WHERE user_id LIKE 'usr_many%%'",
        [role_id],
    )
    execute("ANALYZE")


def peak_memory(*arguments: object) -> int:
    """Run the command to its end; return the most memory that it ever held, in KiB."""
    program = (
        "import resource, runpy, sys\n"
        "try:\n    runpy.run_path('manage.py', run_name='__main__')\n"
        "except SystemExit:\n    pass\n"
        "print('PEAK', resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    result = subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-c", program, "remove_members", *map(str, arguments)],
        cwd=ROOT,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    peak = re.search(r"PEAK (\d+)", result.stdout)
    assert peak, result.stderr
    return int(peak[1])
