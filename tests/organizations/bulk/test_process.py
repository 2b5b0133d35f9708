"""remove_members at a terminal, in a pipe, interrupted and killed."""

import signal
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from django.db import transaction

from organizations.models import Membership, Organization, Removal, RoleAssignment
from tests.concurrency import until_nobody_else_is_at_work, until_somebody_waits_for_a_lock
from tests.factories import MembershipFactory, OrganizationFactory
from tests.organizations.bulk.command import csv_file, printed_id
from tests.organizations.bulk.process import ended, environment, heed_ctrl_c, outcomes, started
from tests.processes import ROOT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def organization() -> Organization:
    organization = OrganizationFactory.create(name="Acmé Corp")
    MembershipFactory.create(organization=organization, roles=["Owner"])
    return organization


@pytest.fixture
def members(organization: Organization) -> list[Membership]:
    return MembershipFactory.create_batch(6, organization=organization, roles=["Member"])


@pytest.fixture
def file(members: list[Membership], tmp_path: Path) -> Path:
    return csv_file(tmp_path, "user_id", *(member.user_id for member in members))


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """What an earlier run reported."""
    report = tmp_path / "report.csv"
    report.write_text("what an earlier run did")
    return report


@pytest.fixture
def terminal(
    organization: Organization, file: Path, report: Path
) -> Iterator["pexpect.spawn[str]"]:
    """The command at a terminal, about to ask."""
    with pexpect.spawn(
        sys.executable,
        [
            *("manage.py", "remove_members", organization.pk),
            *("--from-file", str(file), "--report", str(report)),
        ],
        cwd=ROOT,
        env=environment(),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 120),
        preexec_fn=heed_ctrl_c,
    ) as terminal:
        terminal.expect_exact("Members to remove from Acmé Corp: 6")
        terminal.expect_exact("Type the name of the organization, Acmé Corp, to remove them:")
        assert not Removal.objects.exists()
        yield terminal


def exit_status(terminal: "pexpect.spawn[str]") -> int | None:
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus


def test_at_a_terminal_it_removes_once_the_name_is_typed_in_any_composition(
    terminal: "pexpect.spawn[str]", file: Path, members: list[Membership]
) -> None:
    file.write_text("email\n")  # what was shown is what is removed

    terminal.sendline(unicodedata.normalize("NFD", "Acmé Corp"))

    terminal.expect_exact("6/6")  # the bar
    terminal.expect_exact("Removed: 6")
    assert exit_status(terminal) == 0
    assert Removal.objects.count() == 6


def test_another_name_removes_nobody_and_keeps_the_earlier_report(
    terminal: "pexpect.spawn[str]", report: Path
) -> None:
    terminal.sendline("acme")

    terminal.expect_exact("That is not its name. Nobody was removed.")
    assert exit_status(terminal) == 2
    assert not Removal.objects.exists()
    assert report.read_text() == "what an earlier run did"


def test_ctrl_c_at_the_question_removes_nobody(terminal: "pexpect.spawn[str]") -> None:
    terminal.sendintr()

    assert exit_status(terminal) == 130
    assert not Removal.objects.exists()


def test_in_a_pipe_the_report_is_all_of_standard_output(
    organization: Organization, file: Path
) -> None:
    process = started(organization.pk, "--from-file", "-", "--no-input", "--report", "-")

    status, output, errors = ended(process, file.read_text())

    assert (status, outcomes(output)) == (0, ["removed"] * 6)
    assert "Removed: 6" in errors
    assert "member_removed" not in errors


def test_what_the_encoding_of_a_terminal_lacks_is_escaped(
    organization: Organization, file: Path
) -> None:
    arguments = (organization.pk, "--from-file", file, "--dry-run")

    status, output, _ = ended(started(*arguments, PYTHONIOENCODING="ascii"))

    assert (status, output.splitlines()[0]) == (0, "Members to remove from Acm\\xe9 Corp: 6")


def test_a_report_does_not_overwrite_what_standard_input_is(
    organization: Organization, file: Path
) -> None:
    call = [sys.executable, "manage.py", "remove_members", organization.pk, "--from-file", "-"]

    with file.open() as stdin:
        result = subprocess.run(  # noqa: S603 (our own program)
            [*call, "--no-input", "--report", str(file)],
            cwd=ROOT,
            env=environment(),
            stdin=stdin,
            capture_output=True,
            text=True,
            check=False,
        )

    assert result.returncode == 2
    assert result.stderr == "The report would overwrite the input.\n"
    assert file.read_text().startswith("user_id")


def test_a_report_that_cannot_be_written_is_a_call_that_could_not_start(
    organization: Organization, file: Path
) -> None:
    arguments = ("--from-file", file, "--no-input", "--report", "/dev/full")

    status, _, errors = ended(started(organization.pk, *arguments))

    assert status == 2
    assert errors == "/dev/full cannot be written: No space left on device.\n"
    assert not Removal.objects.exists()


def test_a_missing_database_is_a_call_that_could_not_start() -> None:
    nowhere = "postgres://nobody@127.0.0.1:1/nowhere"
    process = started("org_x", "--user", "usr_x", "--no-input", DATABASE_URL=nowhere)

    status, _, errors = ended(process)

    assert status == 2
    assert "The database failed: " in errors


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_interrupted_it_rolls_the_batch_back_and_carries_on_when_run_again(
    organization: Organization,
    members: list[Membership],
    file: Path,
    report: Path,
    number: int,
    status: int,
) -> None:
    arguments = (organization.pk, "--from-file", file, "--no-input", "--report", report)
    with transaction.atomic():
        Membership.objects.select_for_update().get(pk=members[3].pk)
        process = started(*arguments, "--batch-size", 2)
        until_somebody_waits_for_a_lock()
        process.send_signal(number)
        interrupted, _, errors = ended(process)

    assert interrupted == status
    assert "Stopped: 2 of 6 rows are done. Run the same again to carry on." in errors
    assert outcomes(report.read_text()) == ["removed"] * 2
    assert Removal.objects.count() == 2
    assert ended(started(*arguments))[0] == 0
    assert outcomes(report.read_text()) == ["already_removed"] * 2 + ["removed"] * 4


def test_killed_it_leaves_whole_members_only_and_is_undone_by_its_id(
    organization: Organization, members: list[Membership], file: Path
) -> None:
    arguments = (organization.pk, "--from-file", file, "--no-input")
    with transaction.atomic():
        # The batch is in its one statement: it has deleted some of the roles by now.
        assignment = RoleAssignment.objects.get(membership=members[3])
        RoleAssignment.objects.select_for_update().get(pk=assignment.pk)
        process = started(*arguments, "--batch-size", 2)
        until_somebody_waits_for_a_lock()
        process.kill()
        killed, _ = process.communicate(timeout=60)
    until_nobody_else_is_at_work()

    former = set(Membership.objects.former().values_list("pk", flat=True))
    assert former in ({m.pk for m in members[:2]}, {m.pk for m in members[:4]})
    assert set(Removal.objects.values_list("membership", flat=True)) == former
    assert RoleAssignment.objects.filter(membership__in=members).count() == 6 - len(former)
    status, carried_on, _ = ended(started(*arguments))
    assert (status, Removal.objects.count()) == (0, 6)

    runs = ("--run", printed_id(killed), "--run", printed_id(carried_on))
    undone = started(organization.pk, *runs, "--no-input", command="restore_members")

    assert ended(undone)[0] == 0
    assert Membership.objects.current().filter(user__in=[m.user_id for m in members]).count() == 6
