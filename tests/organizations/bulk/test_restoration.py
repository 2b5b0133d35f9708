"""Undoing a run of remove_members by restore_members."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import OperationalError

from organizations.bulk.report import Row
from organizations.bulk.restoration import restore_batch
from organizations.bulk.run import Run
from organizations.guards.caller import Operator
from organizations.management.commands import restore_members
from organizations.models import Event, Membership, Organization, Removal, Resource, Restoration
from organizations.removal.service import remove_members
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.bulk.command import UNASKED, csv_file, restore, run, users
from tests.removals import remove


def ids(members: list[Membership]) -> list[str]:
    return users(*(member.user_id for member in members))


def removed_by_a_run(organization: Organization, members: list[Membership]) -> str:
    """Remove these members; return the run that did it, as it was printed."""
    return run(organization, *ids(members), "--no-input").id


def current(organization: Organization, members: list[Membership]) -> int:
    users_of_them = [member.user_id for member in members]
    return Membership.objects.current().of(organization.pk, users_of_them).count()


def test_a_run_is_undone_by_its_id_and_reported_row_by_row(
    organization: Organization, members: list[Membership]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    ResourceFactory.create_batch(2, organization=organization, owner=members[0].user)
    first = run(organization, *ids(members[:2]), "--transfer-to", department.pk, "--no-input").id
    remove(members[2], trace_id=first)  # of the same id, but by no command

    done = restore(organization, "--run", first, *UNASKED, "--batch-size", 1)

    assert (done.status, done.outcomes) == (0, ["restored", "restored"])
    restoration = Restoration.objects.get(removal__membership=members[0])
    assert done.rows[1] == {
        "user_id": members[0].user_id,
        "email": members[0].user.email,
        "outcome": "restored",
        "message": "",
        "roles": "1",
        "departments": "0",
        "resources": "2",
        "roles_not_restored": "0",
        "departments_not_restored": "0",
        "resources_not_restored": "0",
        "cancelled_tasks": "0",
        "removal_id": restoration.removal_id,
        "restoration_id": restoration.pk,
    }
    assert Resource.objects.filter(owner=members[0].user).count() == 2
    assert current(organization, members[:3]) == 2


def test_the_record_and_the_event_name_the_actor_the_reason_and_the_run(
    organization: Organization, owner: Membership, members: list[Membership]
) -> None:
    earlier = removed_by_a_run(organization, members[:1])

    done = restore(
        organization,
        "--run",
        earlier,
        *("--actor", owner.user.email, "--reason", "Wrong file", "--no-input"),
    )

    restoration = Restoration.objects.get()
    assert (restoration.actor, restoration.source) == (owner.user, "command")
    assert Event.objects.get(type="member.restored").reason == "Wrong file"
    assert done.output == f"Run: {restoration.trace_id}\nRestored: 1\n"
    assert restoration.trace_id != earlier


def test_the_report_of_the_run_can_be_the_file(
    organization: Organization, owner: Membership, members: list[Membership], tmp_path: Path
) -> None:
    report = tmp_path / "report.csv"
    run(
        organization,
        *users(members[0].user_id, owner.user_id, "nobody@b.c"),
        *("--no-input", "--report", report),
    )

    done = restore(organization, "--from-file", report, *UNASKED)

    assert done.outcomes == ["restored", "MEMBERSHIP_ALREADY_EXISTS", "NO_ACCOUNT"]
    assert done.rows[1]["message"] == "is a member, and not by a restoration"
    assert done.status == 1


def test_the_same_again_finds_everybody_restored(
    organization: Organization, members: list[Membership]
) -> None:
    earlier = removed_by_a_run(organization, members)
    first = restore(organization, "--run", earlier, *UNASKED)

    second = restore(organization, "--run", earlier, *UNASKED)

    assert (second.status, set(second.outcomes)) == (0, {"already_restored"})
    assert [row["restoration_id"] for row in second.rows] == [
        row["restoration_id"] for row in first.rows
    ]


def test_of_several_runs_the_latest_removal_of_each_member_is_undone(
    organization: Organization, members: list[Membership]
) -> None:
    first = removed_by_a_run(organization, members[:3])
    restore(organization, "--run", first, "--no-input")
    second = removed_by_a_run(organization, members[1:4])

    done = restore(organization, "--run", first, "--run", second, *UNASKED)

    assert {row["user_id"]: row["outcome"] for row in done.rows} == {
        members[0].user_id: "already_restored",
        **{member.user_id: "restored" for member in members[1:4]},
    }
    assert (done.status, current(organization, members)) == (0, 5)


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_what_two_runs_passed_on_in_turn_comes_back_whatever_the_size_of_a_batch(
    organization: Organization, members: list[Membership], batch_size: int
) -> None:
    first, second, *_ = members
    department = DepartmentFactory.create(organization=organization)
    ResourceFactory.create_batch(2, organization=organization, owner=first.user)
    ResourceFactory.create(organization=organization, owner=second.user)
    runs = [
        run(organization, *ids([leaver]), "--transfer-to", heir, "--no-input").id
        for leaver, heir in ((first, second.user_id), (second, department.pk))
    ]
    call = ("--run", runs[0], "--run", runs[1], "--report", "-", "--batch-size", batch_size)

    previewed = restore(organization, *call, "--dry-run")
    done = restore(organization, *call, "--no-input")

    assert {row["user_id"]: row["resources"] for row in done.rows} == {
        first.user_id: "2",
        second.user_id: "3",
    }
    assert Resource.objects.filter(owner=first.user).count() == 2
    assert Resource.objects.filter(owner=second.user).count() == 1
    assert done.planned("restoration_id") == previewed.rows


def test_an_id_that_a_script_left_empty_names_no_run(
    organization: Organization, members: list[Membership]
) -> None:
    remove_members(organization.pk, [members[0].user_id], transfer_to=None, caller=Operator())

    with pytest.raises(CommandError, match="--run: must not be empty"):
        restore(organization, "--run", "", *UNASKED)

    assert not Restoration.objects.exists()


def test_only_the_latest_removal_is_undone(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    remove(members[0])
    first = Removal.objects.get()
    again = MembershipFactory.create(organization=organization, user=members[0].user)
    remove(again)
    file = csv_file(tmp_path, "user_id,removal_id", f"{members[0].user_id},{first.pk}")

    refused = restore(organization, "--from-file", file, *UNASKED)
    done = restore(
        organization, "--from-file", csv_file(tmp_path, "user_id", members[0].user_id), *UNASKED
    )

    assert (refused.status, refused.outcomes) == (1, ["REMOVAL_NOT_FOUND"])
    assert done.rows[0]["removal_id"] == again.removal.pk


def test_rows_of_one_person_with_different_removals_are_refused_with_both_lines(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    user = members[0].user
    rows = (f"{user.pk},rem_1", f"{user.pk},")
    file = csv_file(tmp_path, "user_id,removal_id", *rows)

    refused = restore(organization, "--from-file", file, *UNASKED)

    assert refused.errors == (
        f"The input cannot be used: line 2 and line 3: both name {user.email}, with the removals"
        " rem_1 and the latest.\n"
    )


@pytest.mark.parametrize("batch_size", [1, 1000])
def test_a_dry_run_reports_what_happens_and_changes_nothing(
    organization: Organization,
    owner: Membership,
    members: list[Membership],
    tmp_path: Path,
    batch_size: int,
) -> None:
    department = DepartmentFactory.create(organization=organization)
    joined = MembershipFactory.create(organization=organization, departments=[department])
    ResourceFactory.create(organization=organization, owner=joined.user)
    remove(joined, members[0], transfer_to=DepartmentFactory.create(organization=organization).pk)
    department.delete()
    named = [joined.user_id, owner.user_id, members[0].user_id, joined.user_id, members[1].user_id]
    file = csv_file(tmp_path, "user_id", *named)
    call = ("--from-file", file, "--report", "-", "--batch-size", batch_size)

    previewed = restore(organization, *call, "--dry-run")
    assert not Restoration.objects.exists()
    done = restore(organization, *call, "--no-input")

    assert done.planned("restoration_id") == previewed.rows
    assert (done.rows[0]["departments_not_restored"], done.rows[0]["resources"]) == ("1", "1")
    assert previewed.status == done.status == 1


def test_the_plan_says_who_comes_back_with_what_and_what_does_not(
    organization: Organization, owner: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    member = MembershipFactory.create(
        organization=organization, roles=["Member"], departments=[department]
    )
    earlier = removed_by_a_run(organization, [member])
    department.delete()

    plan = restore(organization, "--run", earlier, "--dry-run")

    assert plan.output == (
        f"Members to restore to {organization}: 1\n"
        "                                           roles  departments  resources\n"
        f"  {member.user.email:40}     1            0          0\n"
        "To restore in all: roles 1, departments 0, resources 0.\n"
        "  Not restored, since they are gone or elsewhere: roles 0, departments 1, resources 0.\n"
    )


def test_a_run_that_removed_nobody_here_is_named(
    organization: Organization, members: list[Membership]
) -> None:
    elsewhere = MembershipFactory.create()
    earlier = removed_by_a_run(elsewhere.organization, [elsewhere])

    refused = restore(organization, "--run", earlier, "--no-input")

    assert (refused.status, refused.errors) == (
        2,
        f"No run {earlier} of remove_members removed anybody from {organization}."
        " Removals on a date are cancelled, in the admin.\n",
    )


def test_either_a_run_or_a_file_is_named(organization: Organization) -> None:
    with pytest.raises(CommandError, match="one of the arguments --run --from-file is required"):
        restore(organization)
    with pytest.raises(CommandError, match="not allowed with argument"):
        restore(organization, "--run", "x", "--from-file", "y")


@pytest.mark.django_db(transaction=True)
def test_a_batch_whose_answer_was_lost_is_reported_by_its_records(
    organization: Organization, members: list[Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = removed_by_a_run(organization, members[:2])
    attempts = iter((True,))

    def lost(run: Run, batch: Sequence[Row]) -> list[Row]:
        rows = restore_batch(run, batch)
        if next(attempts, False):
            raise OperationalError("the connection is lost")
        return rows

    monkeypatch.setattr(restore_members, "restore_batch", lost)
    monkeypatch.setattr("organizations.bulk.batches.time.sleep", lambda _: None)

    done = restore(organization, "--run", earlier, *UNASKED)

    assert (done.status, done.outcomes) == (0, ["restored", "restored"])
    assert Restoration.objects.count() == 2
