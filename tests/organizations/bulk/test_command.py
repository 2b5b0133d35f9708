"""What remove_members removes, reports and refuses."""

from pathlib import Path

import pytest
from django.core.management import CommandError

from organizations.models import Membership, Organization, Removal, Resource
from tests.concurrency import all_at_once
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.organizations.bulk.command import UNASKED, csv_file, run, users
from tests.removals import remove


def test_the_report_accounts_for_every_row_in_order(
    organization: Organization, owner: Membership, members: list[Membership], tmp_path: Path
) -> None:
    ResourceFactory.create_batch(2, organization=organization, owner=members[1].user)
    named = [UserFactory.create().pk, members[1].user_id, owner.user_id, members[0].user_id]
    file = csv_file(tmp_path, "user_id", *named)

    done = run(organization, "--from-file", file, *UNASKED, "--batch-size", 2)

    assert done.status == 1
    assert [row["user_id"] for row in done.rows] == named
    assert done.outcomes == ["NOT_A_MEMBER", "removed", "LAST_OWNER_CANNOT_BE_REMOVED", "removed"]
    assert done.rows[1] == {
        "user_id": members[1].user_id,
        "email": members[1].user.email,
        "transfer_to": "",
        "outcome": "removed",
        "message": "",
        "roles": "1",
        "departments": "0",
        "resources": "2",
        "transferred": "0",
        "open_tasks": "0",
        "closed_tasks": "0",
        "removal_id": Removal.objects.get(membership=members[1]).pk,
    }


def test_the_same_file_again_finds_everybody_out(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    file = csv_file(tmp_path, "email", *(member.user.email.upper() for member in members))
    first = run(organization, "--from-file", file, *UNASKED)

    second = run(organization, "--from-file", file, *UNASKED)

    assert (first.status, second.status) == (0, 0)
    assert set(second.outcomes) == {"already_removed"}
    assert Removal.objects.count() == 5


def test_a_report_is_the_input_of_the_next_run(
    organization: Organization, owner: Membership, members: list[Membership], tmp_path: Path
) -> None:
    department = DepartmentFactory.create(organization=organization)
    named = users(members[0].user_id, owner.user_id, "nobody@b.c", "usr_nobody")
    report = tmp_path / "report.csv"
    run(organization, *named, "--transfer-to", department.pk, "--no-input", "--report", report)
    MembershipFactory.create(organization=organization, roles=["Owner"])

    again = run(organization, "--from-file", report, *UNASKED)

    assert again.outcomes == ["already_removed", "removed", "NO_ACCOUNT", "UNKNOWN_ID"]
    assert {row["transfer_to"] for row in again.rows} == {department.pk}


def test_the_record_names_the_actor_the_reason_and_the_run(
    organization: Organization, owner: Membership, members: list[Membership]
) -> None:
    actor = ("--actor", f" {owner.user.email.upper()}\u200b ", "--reason", "Site closed")

    done = run(
        organization, *users(f" {members[0].user.email.upper()}\u00a0"), *actor, "--no-input"
    )

    record = Removal.objects.get()
    assert (record.actor, record.reason, record.source) == (owner.user, "Site closed", "command")
    assert f"Run: {record.trace_id}\n" in done.output


def test_whom_a_row_does_not_mean_is_said_with_the_case_that_it_is(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    one, other = members[0].user, members[1].user
    stranger = UserFactory.create()
    file = csv_file(
        tmp_path,
        "user_id,email,transfer_to",
        ",mi\u0430@b.c,",
        f",{stranger.email},",
        "usr_nobody,,",
        f"{one.pk},{other.email},",
        f"{one.pk},,dept_un\u043anown",
    )

    done = run(organization, "--from-file", file, *UNASKED)
    plan = run(organization, "--from-file", file, "--dry-run")

    assert (done.status, plan.status) == (1, 1)
    assert done.outcomes == [
        "NO_ACCOUNT",
        "NOT_A_MEMBER",
        "UNKNOWN_ID",
        "ID_AND_EMAIL_DIFFER",
        "DEPARTMENT_NOT_FOUND",
    ]
    assert (
        "Cannot be removed: 5\n"
        "  mi\\u0430@b.c: no account has this address\n"
        f"  {stranger.email}: has an account, but is not a member\n"
        "  usr_nobody: no account has this id\n"
        f"  {one.pk}: its address on file is {one.email}, not {other.email}\n"
        f"  {one.email}: there is no department with the id dept_un\\u043anown\n"
    ) in plan.output
    assert not Removal.objects.exists()


def test_rows_that_are_equal_are_one_person(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    user = members[0].user
    file = csv_file(tmp_path, "user_id,email", f"{user.pk},", f",{user.email}", ",nobody@b.c")

    done = run(organization, "--from-file", file, *UNASKED, "--batch-size", 1)
    without = run(organization, *users(user.pk, user.email), *UNASKED)

    assert done.outcomes == ["removed", "duplicate", "NO_ACCOUNT"]
    assert (without.status, without.outcomes) == (0, ["already_removed", "duplicate"])


def test_rows_of_one_person_that_disagree_are_refused_with_both_lines(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    department = DepartmentFactory.create(organization=organization)
    user = members[0].user
    others = (f"{member.user_id},," for member in members[1:])
    rows = (f"{user.pk},,", *others, f",{user.email},{department.pk}")
    file = csv_file(tmp_path, "user_id,email,transfer_to", *rows)

    refused = run(organization, "--from-file", file, *UNASKED)
    agreed = run(organization, "--from-file", file, "--transfer-to", department.pk, *UNASKED)

    assert refused.status == 2
    assert refused.errors == (
        f"The input cannot be used: line 2 and line 7: both name {user.email}, with resources that"
        f" pass to nobody and to {department.pk}.\n"
    )
    assert (agreed.status, agreed.outcomes[-1]) == (0, "duplicate")


def test_what_somebody_removed_before_still_owns_passes_on(
    organization: Organization, members: list[Membership]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    ResourceFactory.create_batch(3, organization=organization, owner=members[0].user)
    elsewhere = ResourceFactory.create(
        organization=OrganizationFactory.create(), owner=members[0].user
    )
    remove(members[0])
    call = (*users(members[0].user_id), "--transfer-to", department.pk)

    plan = run(organization, *call, "--dry-run")
    assert not Resource.objects.filter(department=department).exists()
    previewed = run(organization, *call, "--dry-run", "--report", "-")
    done = run(organization, *call, *UNASKED)

    assert "Removed before: 1; 3 resources of theirs pass on\n" in plan.output
    assert f"  3 pass to {department.pk}\n" in plan.output
    assert previewed.rows == done.rows
    assert (done.outcomes, done.rows[0]["transferred"]) == (["already_removed"], "3")
    assert Resource.objects.filter(department=department).count() == 3
    elsewhere.refresh_from_db()
    assert elsewhere.owner == members[0].user


def test_an_unknown_target_for_somebody_removed_before_is_named(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    remove(members[0])
    file = csv_file(tmp_path, "user_id,transfer_to", f"{members[0].user_id},dept_x")

    for option in ("--dry-run", "--no-input"):
        done = run(organization, "--from-file", file, option, "--report", "-")
        assert (done.status, done.outcomes) == (1, ["DEPARTMENT_NOT_FOUND"])


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_a_dry_run_reports_what_happens_and_changes_nothing(
    organization: Organization,
    owner: Membership,
    members: list[Membership],
    tmp_path: Path,
    batch_size: int,
) -> None:
    second_owner = MembershipFactory.create(organization=organization, roles=["Owner"])
    sleeping = MembershipFactory.create(
        organization=organization, roles=["Owner"], user__is_active=False
    )
    ResourceFactory.create(organization=organization, owner=members[0].user)
    department = DepartmentFactory.create(organization=organization)
    leavers = [owner, members[0], second_owner, owner, sleeping, members[0], members[1]]
    rows = [f"{member.user_id},{department.pk}" for member in leavers]
    rows += ["usr_nobody,", f"{UserFactory.create().pk},", f"{members[2].user_id},x"]
    file = csv_file(tmp_path, "user_id,transfer_to", *rows)
    call = ("--from-file", file, "--report", "-", "--batch-size", batch_size)

    previewed = run(organization, *call, "--dry-run")
    assert not Removal.objects.exists()
    done = run(organization, *call, "--no-input")

    assert done.planned("removal_id") == previewed.rows
    assert "would_remove" in previewed.outcomes
    assert previewed.status == done.status == 1


def test_the_plan_says_who_what_and_where_to(
    organization: Organization, owner: Membership, members: list[Membership]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    ResourceFactory.create_batch(3, organization=organization, owner=members[0].user)
    named = users(members[0].user_id, owner.user_id, members[0].user.email)

    plan = run(organization, *named, "--transfer-to", department.pk, "--dry-run")

    assert plan.status == 1
    assert plan.output == (
        f"Members to remove from {organization}: 1\n"
        "                                           roles  departments  resources  to\n"
        f"  {members[0].user.email:40}     1            0          3  {department.pk}\n"
        "Duplicate rows: 1\n"
        f"Cannot be removed: 1\n  {owner.user.email}: is the last owner\n"
        "To delete in all: roles 1, departments 0. Resources concerned: 3.\n"
        f"  3 pass to {department.pk}\n"
    )


def test_nothing_is_asked_where_nobody_would_go(
    organization: Organization, owner: Membership, tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"

    done = run(organization, *users(owner.user_id), "--report", report)

    assert (done.status, done.errors) == (1, "")
    assert "Members to remove from" in done.output
    assert "LAST_OWNER_CANNOT_BE_REMOVED" in report.read_text()


def test_the_progress_of_a_dry_run_says_what_would_be_done(
    organization: Organization,
    members: list[Membership],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("organizations.bulk.summary.SECONDS_BETWEEN_LINES", 0)
    call = users(*(member.user_id for member in members[:2]))

    for option in ("--dry-run", "--no-input"):
        run(organization, *call, option)

    assert capsys.readouterr().err.splitlines() == [
        "2 of 2 rows: 2 would be removed, 0 already removed, 0 not",
        "2 of 2 rows: 2 removed, 0 already removed, 0 not",
    ]


def test_without_a_terminal_it_refuses_to_ask(
    organization: Organization, members: list[Membership]
) -> None:
    refused = run(organization, *users(members[0].user_id))

    assert refused.status == 2
    assert refused.errors.startswith("There is no terminal to ask for confirmation on.")
    assert not Removal.objects.exists()


def test_formulas_are_neutralised_and_control_characters_escaped(
    organization: Organization,
) -> None:
    named = users("=HYPERLINK()@b.c", "+1@b.c", "\x1b[2J@b.c")

    done = run(organization, *named, *UNASKED)
    plan = run(organization, *named, "--dry-run")

    assert [row["email"] for row in done.rows] == ["'=hyperlink()@b.c", "'+1@b.c", "\\x1b[2j@b.c"]
    assert "\x1b" not in done.output + done.errors + plan.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Name who leaves, by --user or --from-file.\n"),
        (("--from-file", "/nowhere.csv"), "/nowhere.csv cannot be read: No such file"),
        (("--from-file", "/dev/null"), "The input cannot be used: line 1: the file is empty"),
        (
            ("--user", "usr_1", "--transfer-to", "dept_x"),
            "Acme has no department with the id dept_x.\n",
        ),
        (("--user", "usr_1", "--actor", "\x1b@y.z"), "No account has the address \\x1b@y.z.\n"),
        (("--user", "usr_1", "--no-input", "--report", "/nowhere/r.csv"), "/nowhere/r.csv cannot"),
        (("--user", "usr_1", "--reason", "x" * 1001), "A reason has at most 1,000 characters."),
    ],
)
def test_a_call_that_cannot_start_says_why_in_words(
    db: None, arguments: tuple[str, ...], message: str
) -> None:
    refused = run(OrganizationFactory.create(name="Acme"), *arguments)

    assert refused.status == 2
    assert refused.errors.startswith(message)


def test_an_unknown_organization_is_named(db: None) -> None:
    refused = run("org_x\u0430", "--user", "usr_1", "--no-input")

    assert (refused.status, refused.errors) == (2, "There is no organization org_x\\u0430.\n")


@pytest.mark.parametrize("size", ["0", "10001", "-1", "ten", "1.5", "\u00b2"])
def test_a_batch_has_from_one_to_ten_thousand_rows(organization: Organization, size: str) -> None:
    with pytest.raises(CommandError, match="must be a whole number from 1 to 10,000"):
        run(organization, "--user", "usr_1", f"--batch-size={size}")


def test_a_bad_row_at_the_end_is_named_before_anybody_is_removed(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    file = csv_file(tmp_path, "user_id", *(member.user_id for member in members), "a,b")

    refused = run(organization, "--from-file", file, *UNASKED, "--batch-size", 1)

    assert (refused.status, refused.output) == (2, "")
    assert refused.errors == (
        "The input cannot be used: line 7: more fields than the header has.\n"
    )
    assert not Removal.objects.exists()


def test_the_report_does_not_overwrite_the_input(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    file = csv_file(tmp_path, "user_id", members[0].user_id)

    refused = run(organization, "--from-file", file, "--no-input", "--report", file)

    assert (refused.status, refused.errors) == (2, "The report would overwrite the input.\n")
    assert file.read_text().startswith("user_id")


@pytest.mark.django_db(transaction=True)
def test_two_at_once_on_overlapping_files_remove_everybody_once() -> None:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    members = MembershipFactory.create_batch(40, organization=organization, roles=["Member"])
    ids = [member.user_id for member in members]
    options = (*UNASKED, "--batch-size", 7)

    one, other = all_at_once(
        lambda: run(organization, *users(*ids[:30]), *options),
        lambda: run(organization, *users(*ids[:9:-1]), *options),
    )

    outcomes = one.outcomes + other.outcomes
    assert (one.status, other.status) == (0, 0)
    assert (outcomes.count("removed"), outcomes.count("already_removed")) == (40, 20)
    assert Removal.objects.count() == 40
