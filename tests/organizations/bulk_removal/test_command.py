"""What the command does."""

from io import SEEK_END
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from organizations.bulk_removal import batches, run
from organizations.models import Membership, Organization, Removal, Resource
from tests.concurrency import all_at_once
from tests.factories import (
    DepartmentFactory,
    MembershipFactory,
    OrganizationFactory,
    ResourceFactory,
    UserFactory,
)
from tests.organizations.bulk_removal.command import remove, rows_of, write


def test_the_report_accounts_for_every_row_in_order(
    organization: Organization, owner: Membership, members: list[Membership], tmp_path: Path
) -> None:
    ResourceFactory.create_batch(2, organization=organization, owner=members[1].user)
    stranger = UserFactory.create()
    leavers = [
        stranger.pk,
        members[1].user_id,
        owner.user_id,
        members[0].user_id,
        "x",
        members[1].user_id,
    ]
    file = write(tmp_path / "leavers.csv", leavers)

    status, report = remove(
        organization, "--from-file", file, "--no-input", "--report", "-", "--batch-size", 2
    )

    rows = rows_of(report)
    assert status == 1
    assert [row["user_id"] for row in rows] == leavers
    assert [row["outcome"] for row in rows] == [
        "USER_NOT_FOUND",
        "removed",
        "LAST_OWNER_CANNOT_BE_REMOVED",
        "removed",
        "USER_NOT_FOUND",
        "already_removed",
    ]
    record = Removal.objects.get(membership=members[1])
    assert rows[1] == {
        "user_id": members[1].user_id,
        "email": members[1].user.email,
        "outcome": "removed",
        "roles": "1",
        "departments": "0",
        "resources": "2",
        "removal_id": record.pk,
    }
    assert rows[5]["removal_id"] == record.pk


def test_the_same_file_again_finds_everybody_out(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    file = write(tmp_path / "leavers.csv", [m.user.email.upper() for m in members], "email")
    first, _ = remove(organization, "--from-file", file, "--no-input")

    second, report = remove(organization, "--from-file", file, "--no-input", "--report", "-")

    assert (first, second) == (0, 0)
    assert {row["outcome"] for row in rows_of(report)} == {"already_removed"}
    assert Removal.objects.count() == 5


def test_a_department_in_a_row_wins_over_the_option(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    general, special = DepartmentFactory.create_batch(2, organization=organization)
    for member in members:
        ResourceFactory.create(organization=organization, owner=member.user)
    foreign = DepartmentFactory.create()
    file = write(
        tmp_path / "leavers.csv",
        [
            f"{members[0].user_id},",
            f"{members[1].user_id},{special.pk}",
            f"{members[2].user_id},{foreign.pk}",
        ],
        "user_id,transfer_to",
    )

    status, report = remove(
        organization,
        *("--from-file", file, "--transfer-to", general.pk, "--no-input", "--report", "-"),
    )

    assert status == 1
    assert [row["outcome"] for row in rows_of(report)] == [
        "removed",
        "removed",
        "DEPARTMENT_NOT_FOUND",
    ]
    departments = [Removal.objects.get(membership=member).transferred_to for member in members[:2]]
    assert departments == [general, special]
    assert Resource.objects.get(owner=members[2].user)


def test_the_record_names_the_actor_and_the_reason(
    organization: Organization, owner: Membership, members: list[Membership]
) -> None:
    user = ("--user", members[0].user.email, "--user", members[1].user_id)
    actor = ("--actor", owner.user.email.upper(), "--reason", "Site closed")

    assert remove(organization, *user, *actor, "--no-input")[0] == 0

    for record in Removal.objects.all():
        assert (record.actor, record.reason, record.source) == (
            owner.user,
            "Site closed",
            "command",
        )
        assert record.trace_id


def test_an_id_with_the_address_of_somebody_else_is_nobody(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    row = f"{members[0].user_id},{members[1].user.email}"
    file = write(tmp_path / "leavers.csv", [row], "user_id,email")

    status, report = remove(organization, "--from-file", file, "--no-input", "--report", "-")

    assert (status, rows_of(report)[0]["outcome"]) == (1, "USER_NOT_FOUND")
    assert not Removal.objects.exists()


@pytest.mark.parametrize("batch_size", [1, 2, 1000])
def test_a_dry_run_foresees_what_happens_and_writes_nothing(
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
    stranger = UserFactory.create()
    leavers = [owner, members[0], second_owner, owner, sleeping, members[0], members[1]]
    department = DepartmentFactory.create(organization=organization)
    file = write(
        tmp_path / "leavers.csv",
        [
            *(f"{m.user_id},{department.pk}" for m in leavers),
            "usr_nobody,",
            f"{stranger.pk},",
            f"{members[2].user_id},x",
        ],
        "user_id,transfer_to",
    )
    call = ("--from-file", file, "--report", "-", "--batch-size", batch_size)

    foreseen_status, foreseen = remove(organization, *call, "--dry-run")
    assert not Removal.objects.exists()
    status, happened = remove(organization, *call, "--no-input")

    without_record = [row | {"removal_id": ""} for row in rows_of(happened)]
    assert [row | {"removal_id": ""} for row in rows_of(foreseen)] == without_record
    assert foreseen_status == status == 1


def test_the_plan_says_who_what_and_where_to(
    organization: Organization, owner: Membership, members: list[Membership]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    ResourceFactory.create_batch(3, organization=organization, owner=members[0].user)
    users = ("--user", members[0].user_id, "--user", owner.user_id)

    status, plan = remove(organization, *users, "--transfer-to", department.pk, "--dry-run")

    assert status == 1
    assert f"Members to remove from {organization}: 1\n" in plan
    assert f"  {members[0].user.email:40}     1            0          3  {department.pk}\n" in plan
    assert f"Cannot be removed: 1\n  {owner.user.email}: is the last owner\n" in plan
    assert f"  3 pass to {department.pk}\n" in plan


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "Name who leaves, by --user or --from-file."),
        (("--from-file", "/nowhere.csv"), "/nowhere.csv cannot be read: No such file"),
        (("--user", "usr_1", "--transfer-to", "dept_x"), "has no department 'dept_x'"),
        (("--user", "usr_1", "--actor", "x@y.z"), "no account with the e-mail address 'x@y.z'"),
        (("--user", "usr_1", "--report", "/nowhere/r.csv", "--no-input"), "cannot be written"),
    ],
)
def test_a_call_that_cannot_start_says_why(
    organization: Organization, arguments: tuple[str, ...], message: str
) -> None:
    with pytest.raises(CommandError, match=message) as refused:
        remove(organization, *arguments)

    assert refused.value.returncode == 2


@pytest.mark.parametrize("size", ["0", "10001", "-1", "ten", "1.5", "\u00b2"])
def test_a_batch_has_from_one_to_ten_thousand_rows(organization: Organization, size: str) -> None:
    with pytest.raises(CommandError, match="must be a whole number from 1 to 10,000"):
        remove(organization, "--user", "usr_1", f"--batch-size={size}")


def test_an_unknown_organization_is_named(db: None) -> None:
    with pytest.raises(CommandError, match="There is no organization 'org_x'"):
        call_command("remove_members", "org_x", "--user", "usr_1", "--no-input")


def test_a_bad_row_at_the_end_is_named_before_anybody_is_removed(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    file = write(tmp_path / "leavers.csv", [*(m.user_id for m in members), "a,b"])

    with pytest.raises(CommandError, match="line 7: 2 fields") as refused:
        remove(organization, "--from-file", file, "--no-input", "--batch-size", 1)

    assert refused.value.returncode == 2
    assert not Removal.objects.exists()


def test_a_file_that_is_spoiled_meanwhile_is_named_with_its_line(
    organization: Organization,
    members: list[Membership],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    unknown = "usr_" + "x" * 100  # long, so that the end is not in a buffer yet
    file = write(tmp_path / "leavers.csv", [members[0].user_id] + [unknown] * 4999)
    remove_batch = batches.remove_batch

    def and_spoil_the_end(*arguments: Any, **options: Any) -> Any:
        with file.open("r+b") as spoiled:
            spoiled.seek(-5, SEEK_END)
            spoiled.write(b"\0")
        return remove_batch(*arguments, **options)

    monkeypatch.setattr(run, "remove_batch", and_spoil_the_end)

    with pytest.raises(CommandError, match="has changed since it was checked: line 5001") as ended:
        remove(organization, "--from-file", file, "--no-input", "--report", "-")

    assert ended.value.returncode == 1
    assert "Removed: 1\n" in capsys.readouterr().err


def test_the_report_does_not_overwrite_the_input(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    file = write(tmp_path / "leavers.csv", [members[0].user_id])

    with pytest.raises(CommandError, match="would overwrite"):
        remove(organization, "--from-file", file, "--no-input", "--report", file)

    assert file.read_text().startswith("user_id")


@pytest.mark.parametrize("batch_size", [1, 2])
def test_the_first_row_of_somebody_decides_where_their_resources_go(
    organization: Organization, members: list[Membership], tmp_path: Path, batch_size: int
) -> None:
    department = DepartmentFactory.create(organization=organization)
    resource = ResourceFactory.create(organization=organization, owner=members[0].user)
    user = members[0].user_id
    file = write(tmp_path / "l.csv", [f"{user},", f"{user},{department.pk}"], "user_id,transfer_to")

    status, _ = remove(organization, "--from-file", file, "--no-input", "--batch-size", batch_size)

    resource.refresh_from_db()
    assert (status, resource.owner) == (0, members[0].user)


@pytest.mark.django_db(transaction=True)
def test_two_at_once_on_overlapping_files_remove_everybody_once() -> None:
    organization = OrganizationFactory.create()
    MembershipFactory.create(organization=organization, roles=["Owner"])
    ids = [
        member.user_id
        for member in MembershipFactory.create_batch(
            40, organization=organization, roles=["Member"]
        )
    ]

    def call(user_ids: list[str]) -> tuple[int, str]:
        users = [argument for user_id in user_ids for argument in ("--user", user_id)]
        call = ("--no-input", "--report", "-", "--batch-size", "7")
        return remove(organization, *users, *call)

    (first, one), (second, other) = all_at_once(lambda: call(ids[:30]), lambda: call(ids[:9:-1]))

    outcomes = [row["outcome"] for row in rows_of(one) + rows_of(other)]
    assert (first, second) == (0, 0)
    assert (outcomes.count("removed"), outcomes.count("already_removed")) == (40, 20)
    assert Removal.objects.count() == 40
