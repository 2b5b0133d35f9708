"""The command that imports resources from a file."""

from pathlib import Path

import pytest

from organizations.models import (
    Event,
    Membership,
    Organization,
    Resource,
    ResourceEntry,
    ResourceType,
)
from organizations.models.resource_type import MOST_TYPES
from tests.factories import DepartmentFactory, ResourceFactory
from tests.organizations.bulk.command import UNASKED, Run, csv_file, run
from tests.removals import remove

HEADER = "type,external_id,name,owner,url"


def import_file(
    organization: Organization,
    folder: Path,
    *lines: str,
    header: str = HEADER,
    options: tuple[str, ...] = UNASKED,
) -> Run:
    file = csv_file(folder, header, *lines)
    return run(organization, "--from-file", file, *options, command="import_resources")


def test_resources_are_made_for_members_by_id_or_address_and_for_departments(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    department = DepartmentFactory.create(organization=organization)

    done = import_file(
        organization,
        tmp_path,
        f"repo,acme/a,A,{members[0].user_id},https://acme.example/a",
        f"repo,acme/b,B,{members[1].user.email.upper()},",
        f"document,1,C,{department.pk},",
    )

    assert (done.status, done.outcomes) == (0, ["created"] * 3)
    owners = dict(
        ResourceEntry.objects.values_list("external_id", "resource__owner").exclude(type="document")
    )
    assert owners == {"acme/a": members[0].user_id, "acme/b": members[1].user_id}
    assert Resource.objects.get(type="document").department == department
    assert ResourceEntry.objects.get(external_id="acme/a").url == "https://acme.example/a"
    assert {row["resource_id"] for row in done.rows} == set(
        Resource.objects.values_list("pk", flat=True)
    )


def test_the_same_again_changes_nothing_and_a_new_owner_leaves_an_event_of_the_run(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    first, second = (f"repo,a,A,{member.user_id}," for member in members[:2])
    import_file(organization, tmp_path, first)

    assert import_file(organization, tmp_path, first).outcomes == ["unchanged"]
    assert not Event.objects.exists()
    assert import_file(organization, tmp_path, second).outcomes == ["updated"]
    event = Event.objects.get()
    assert (event.type, event.source) == ("resources.transferred", "command")


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("a", "A"),
        ("no\u00a0break", "No\u00a0break"),
        ("zero\u200bwidth", "A"),
        ("right\u202eto left", "A"),
        ("-1+1", "=1+1"),
        ("\uff1d1", "\uff0b1"),  # full-width
        ("a", "Two\tcolumns"),
        ("a", "Two\nlines"),
    ],
    ids=["plain", "no-break", "zero-width", "bidi", "formula", "full-width", "tab", "lines"],
)
def test_a_report_can_be_the_next_file(
    organization: Organization, members: list[Membership], tmp_path: Path, key: str, name: str
) -> None:
    line = f'repo,{key},"{name}",{members[0].user_id},'
    report = tmp_path / "report.csv"
    written = import_file(organization, tmp_path, line, options=(*UNASKED[:2], str(report)))
    assert written.status == 0

    again = run(organization, "--from-file", report, *UNASKED, command="import_resources")

    assert again.outcomes == ["unchanged"]
    assert list(ResourceEntry.objects.values_list("external_id", "name")) == [(key, name)]


def test_what_is_wrong_with_a_line_is_that_lines(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    remove(members[1])

    done = import_file(
        organization,
        tmp_path,
        f"repo,good,A,{members[0].user_id},",
        f"repo,good,A,{members[0].user_id},",
        f"repo,left,A,{members[1].user_id},",
        "repo,unknown,A,nobody@acme.example,",
        "Repo,slug,A,,",
        f"repo,link,A,{members[0].user_id},ftp://x",
        "repo,ownerless,A,,",
        *("repo,,A,,", "repo,,B,,", ",typeless,A,,", ",typeless,B,,"),
    )

    assert done.status == 1
    assert done.outcomes == [
        *("created", "duplicate", "USER_NOT_FOUND", "NO_ACCOUNT"),
        *["VALIDATION_ERROR"] * 7,
    ]
    assert "begins with http:// or https://" in done.rows[5]["message"]


@pytest.mark.parametrize(
    ("header", "lines", "problem"),
    [
        ("type,name", ["repo,A"], "the header needs external_id"),
        (f"{HEADER},colour", ["repo,a,A,,,red"], "unknown column 'colour'"),
        (HEADER, ["repo,a,A,,", "repo,a,B,,"], "line 2 and line 3: both name repo/a, differently"),
        (HEADER, [], "The file names no resource"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(
    organization: Organization, tmp_path: Path, header: str, lines: list[str], problem: str
) -> None:
    done = import_file(organization, tmp_path, *lines, header=header)

    assert done.status == 2
    assert problem in done.errors


def test_a_dry_run_shows_the_plan_and_changes_nothing(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    ResourceFactory.create(
        organization=organization, owner=members[0].user, type="repo", external_id="a"
    )

    done = import_file(
        organization,
        tmp_path,
        "repo,a,Renamed,,",
        f"repo,b,B,{members[0].user_id},",
        "repo,c,C,,",
        options=("--dry-run",),
    )

    assert done.status == 1
    assert done.output.splitlines() == [
        f"Resources to import into {organization.name}: 2",
        f"  {'repo/a':40} would_update",
        f"  {'repo/b':40} would_create",
        "Would create: 1",
        "Would update: 1",
        "Cannot be imported: 1",
        "  repo/c: owner: A new resource has an owner: a user or a department.",
    ]
    assert Resource.objects.count() == 1
    assert ResourceEntry.objects.get().name != "Renamed"


def test_a_dry_run_refuses_the_types_that_the_batches_before_leave_no_room_for(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    ResourceType.objects.ensure(organization.pk, [f"type-{n}" for n in range(MOST_TYPES - 1)])
    lines = [f"{name},a,A,{members[0].user_id}," for name in ("new", "newer")]
    call = ("--report", "-", "--batch-size", "1")

    previewed = import_file(organization, tmp_path, *lines, options=(*call, "--dry-run"))
    done = import_file(organization, tmp_path, *lines, options=(*call, "--no-input"))

    assert previewed.status == done.status == 1
    assert done.outcomes == ["created", "TOO_MANY_RESOURCE_TYPES"]
    assert previewed.rows == done.planned("resource_id")


def test_it_works_in_batches(
    organization: Organization, members: list[Membership], tmp_path: Path
) -> None:
    lines = [f"repo,{number},A,{members[0].user_id}," for number in range(5)]

    done = import_file(organization, tmp_path, *lines, options=("--no-input", "--batch-size", "2"))

    assert done.status == 0
    assert done.output.splitlines()[1:3] == ["Created: 5", "Updated: 0"]
    assert Resource.objects.count() == 5
