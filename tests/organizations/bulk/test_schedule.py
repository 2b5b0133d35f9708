"""remove_members with a date schedules, and a worker removes."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone

from organizations.models import Membership, Organization, Removal, ScheduledRemoval
from organizations.schedule.due import carry_out
from tests.factories import DepartmentFactory, MembershipFactory, UserFactory
from tests.organizations.bulk.command import UNASKED, Run, csv_file, run, users
from tests.removals import remove
from tests.schedules import schedule

AT = (timezone.now() + timedelta(days=30)).replace(microsecond=0)


def run_at(organization: Organization, *arguments: object, at: object = AT.isoformat()) -> Run:
    return run(organization, *arguments, "--at", at)


def test_the_rows_of_a_file_are_scheduled_and_nobody_is_removed(
    organization: Organization, owner: Membership, members: list[Membership], tmp_path: Path
) -> None:
    department = DepartmentFactory.create(organization=organization)
    file = csv_file(
        tmp_path,
        "user_id,transfer_to",
        f"{members[0].user_id},{department.pk}",
        f"{owner.user_id},",
    )
    actor = ("--actor", owner.user.email, "--reason", "Site closed")

    done = run_at(organization, "--from-file", file, *actor, *UNASKED)

    assert (done.status, done.outcomes) == (0, ["scheduled", "scheduled"])
    assert not Removal.objects.exists()
    first, second = ScheduledRemoval.objects.order_by("pk")
    assert [row["scheduled_removal_id"] for row in done.rows] == [first.pk, second.pk]
    assert (first.membership, first.remove_at, first.transferred_to) == (members[0], AT, department)
    assert (first.requested_by, first.source, first.reason) == (
        owner.user,
        "command",
        "Site closed",
    )


@pytest.mark.parametrize(
    ("at", "message"),
    [
        ("2026-12-31T17:00", "Must be a time with its offset"),
        ("Friday", "Must be a time with its offset"),
        ("2020-12-31T17:00+01:00", "Must be in the future."),
        pytest.param(
            (timezone.now() + timedelta(days=367)).isoformat(),
            "Must be at most a year ahead.",
            id="in 367 days",
        ),
    ],
)
def test_a_date_that_is_none_begins_nothing(
    organization: Organization, members: list[Membership], at: str, message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        run_at(organization, *users(members[0].user_id), *UNASKED, at=at)


def test_whoever_is_to_leave_at_another_time_or_to_another_target_is_refused(
    organization: Organization, members: list[Membership]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    schedule(members[0], remove_at=AT + timedelta(hours=1))
    schedule(members[1], remove_at=AT, transfer_to=department.pk)

    done = run_at(organization, *users(members[0].user_id, members[1].user_id), *UNASKED)

    assert (done.status, done.outcomes) == (1, ["REMOVAL_ALREADY_SCHEDULED"] * 2)


def test_whoever_is_no_member_is_said_and_whoever_left_before_counts_as_removed(
    organization: Organization, members: list[Membership]
) -> None:
    remove(members[0])
    stranger = UserFactory.create()

    done = run_at(organization, *users(members[0].user_id, stranger.pk), *UNASKED)

    assert (done.status, done.outcomes) == (1, ["already_removed", "NOT_A_MEMBER"])


def test_the_plan_shows_who_leaves_when_and_changes_nothing(
    organization: Organization, members: list[Membership]
) -> None:
    stranger = UserFactory.create()
    department = DepartmentFactory.create(organization=organization)
    to = ("--transfer-to", department.pk)

    plan = run_at(organization, *users(members[0].user_id, stranger.pk), *to, "--dry-run")

    assert plan.output == (
        f"Members to remove from {organization.name} at {AT:%Y-%m-%d %H:%M:%S} UTC: 1\n"
        f"  {'':40} to\n"
        f"  {members[0].user.email:40} {department.pk}\n"
        "Cannot be scheduled: 1\n"
        f"  {stranger.email}: has an account, but is not a member\n"
        "What they hold and own is looked at then; whoever is the last owner then stays.\n"
    )
    assert not ScheduledRemoval.objects.exists()


def test_a_run_of_the_command_holds_as_it_was_given(
    organization: Organization, owner: Membership, members: list[Membership]
) -> None:
    """Whoever it was made on behalf of has left by then."""
    other = MembershipFactory.create(organization=organization, roles=["Owner"])
    actor = ("--actor", other.user.email)
    run_at(organization, *users(members[0].user_id), *actor, *UNASKED)
    remove(other)

    carry_out(ScheduledRemoval.objects.get().pk)

    removal = Removal.objects.get(membership=members[0])
    assert (removal.source, removal.actor) == ("schedule", other.user)


@pytest.mark.parametrize("is_dry", [True, False])
def test_a_last_owner_with_an_unknown_department_is_refused_alone_as_the_dry_run_says(
    organization: Organization,
    owner: Membership,
    members: list[Membership],
    tmp_path: Path,
    is_dry: bool,
) -> None:
    file = csv_file(
        tmp_path,
        "user_id,transfer_to",
        f"{members[0].user_id},",
        f"{owner.user_id},dept_unknown",
        f"{members[1].user_id},",
    )

    done = run_at(organization, "--from-file", file, *UNASKED, *(["--dry-run"] if is_dry else []))

    outcome = "would_schedule" if is_dry else "scheduled"
    assert done.outcomes == [outcome, "DEPARTMENT_NOT_FOUND", outcome]
    assert ScheduledRemoval.objects.count() == (0 if is_dry else 2)
