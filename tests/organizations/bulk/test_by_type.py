"""Types of resources with targets of their own, by options and by columns of the file."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Organization, Removal, Resource, ScheduledRemoval
from organizations.schedule.service import targets_of
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory
from tests.organizations.bulk.command import UNASKED, csv_file, run, users
from tests.removals import remove

TYPES = ("approval", "document", "repository")


@pytest.fixture
def heir(organization: Organization) -> Membership:
    return MembershipFactory.create(organization=organization, user__email="heir@example.com")


@pytest.fixture
def leavers(organization: Organization, members: list[Membership]) -> list[Membership]:
    """Two members who own something of each type."""
    for member in members[:2]:
        for type_name in TYPES:
            ResourceFactory.create(organization=organization, owner=member.user, type=type_name)
    return members[:2]


def holders() -> dict[tuple[str, str], int]:
    """Return how many resources of each type everybody has."""
    rows = Resource.objects.values_list("type", "owner", "department")
    return Counter((type_name, owner or department) for type_name, owner, department in rows)


def test_a_cell_goes_before_the_option_of_its_type_and_any_type_before_any_default(
    organization: Organization, leavers: list[Membership], heir: Membership, tmp_path: Path
) -> None:
    cell, option, row, rest = DepartmentFactory.create_batch(4, organization=organization)
    first, second = (member.user_id for member in leavers)
    file = csv_file(
        tmp_path,
        "user_id,transfer_to,Transfer To:Repository",
        f"{first},{row.pk},{cell.pk}",
        f"{second},,",
    )

    done = run(
        organization,
        *("--from-file", file, "--transfer-to", rest.pk),
        *("--transfer-type", f"repository={option.pk}"),
        *("--transfer-type", "document=Heir@Example.com"),
        *UNASKED,
    )

    assert done.outcomes == ["removed", "removed"], done.errors
    assert holders() == {
        ("repository", cell.pk): 1,
        ("repository", option.pk): 1,
        ("document", heir.user_id): 2,
        ("approval", row.pk): 1,
        ("approval", rest.pk): 1,
    }
    assert [record.transferred_to for record in Removal.objects.order_by("pk")] == [row, rest]


def test_a_report_has_a_column_a_type_and_can_be_the_next_file(
    organization: Organization, leavers: list[Membership], heir: Membership, tmp_path: Path
) -> None:
    leaver = leavers[0]
    call = (*users(leaver.user_id), "--transfer-type", f"document={heir.user_id}")
    planned = run(organization, *call, "--dry-run", "--report", "-")
    assert planned.rows[0]["transfer_to:document"] == heir.user_id
    assert (planned.rows[0]["resources"], planned.rows[0]["transferred"]) == ("3", "1")
    file = tmp_path / "report.csv"
    file.write_text(planned.output)

    done = run(organization, "--from-file", file, *UNASKED)

    assert holders()["document", heir.user_id] == 1
    assert done.planned("removal_id") == planned.rows


def test_the_plan_says_how_many_pass_to_whom(
    organization: Organization, leavers: list[Membership], heir: Membership
) -> None:
    department = DepartmentFactory.create(organization=organization)
    call = ("--transfer-type", f"document={heir.user_id}", "--transfer-type")

    planned = run(
        organization,
        *users(*(member.user_id for member in leavers)),
        *(*call, f"repository={department.pk}", "--dry-run"),
    )

    assert f"-, document: {heir.user_id}, repository: {department.pk}" in planned.output
    for line in (f"2 pass to {heir.user_id}", f"2 pass to {department.pk}", "2 stay with"):
        assert f"  {line}" in planned.output


def test_what_somebody_removed_before_still_owns_passes_by_type(
    organization: Organization, leavers: list[Membership], heir: Membership
) -> None:
    remove(leavers[0])
    call = (*users(leavers[0].user_id), "--transfer-type", f"document={heir.user_id}")

    previewed = run(organization, *call, "--dry-run", "--report", "-")
    done = run(organization, *call, *UNASKED)

    assert previewed.rows == done.rows
    assert (done.rows[0]["outcome"], done.rows[0]["transferred"]) == ("already_removed", "1")
    assert holders()["document", heir.user_id] == 1


def test_targets_by_type_are_scheduled(
    organization: Organization, leavers: list[Membership], heir: Membership
) -> None:
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    call = (
        *users(leavers[0].user_id),
        *("--at", tomorrow, "--transfer-type", f"document={heir.user_id}"),
    )

    first, again = (run(organization, *call, *UNASKED) for _ in range(2))

    assert (first.outcomes, again.outcomes) == (["scheduled"], ["already_scheduled"])
    assert targets_of(ScheduledRemoval.objects.get()) == Targets(by_type={"document": heir.user_id})


def test_rows_of_one_person_with_other_targets_of_a_type_contradict_each_other(
    organization: Organization, leavers: list[Membership], heir: Membership, tmp_path: Path
) -> None:
    user_id = leavers[0].user_id
    rows = (f"{user_id},{heir.user_id}", f"{user_id},")
    file = csv_file(tmp_path, "user_id,transfer_to:document", *rows)

    refused = run(organization, "--from-file", file, *UNASKED)

    assert refused.status == 2
    assert "line 2 and line 3: both name" in refused.errors
    assert f"resources of the type document that pass to {heir.user_id}" in refused.errors


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("document", "give it as TYPE=TARGET"),
        ("=dept_1", "give it as TYPE=TARGET"),
        ("A b=dept_1", "give it as TYPE=TARGET"),
        ("document=dept_none", "has no department with the id dept_none"),
    ],
    ids=["no target", "no type", "malformed", "unknown department"],
)
def test_an_option_that_cannot_be_used_begins_nothing(
    organization: Organization, leavers: list[Membership], option: str, message: str
) -> None:
    refused = run(organization, *users(leavers[0].user_id), "--transfer-type", option, *UNASKED)

    assert refused.status == 2
    assert message in refused.errors


def test_a_column_of_what_can_be_no_type_begins_nothing(
    organization: Organization, leavers: list[Membership], tmp_path: Path
) -> None:
    file = csv_file(tmp_path, "user_id,transfer_to:a b", f"{leavers[0].user_id},dept_1")

    refused = run(organization, "--from-file", file, *UNASKED)

    assert (refused.status, refused.errors) == (
        2,
        "The input cannot be used: line 1: a b is not the name of a type of resources.\n",
    )
