"""Heirs are found and checked before anybody is removed."""

from pathlib import Path

import pytest
from django.core.management import CommandError
from django.utils import timezone

from organizations.guards.transfer_targets import Targets
from organizations.models import Membership, Organization, Removal, Resource
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, UserFactory
from tests.organizations.bulk.command import UNASKED, csv_file, run, users
from tests.removals import remove


@pytest.fixture
def heir(organization: Organization) -> Membership:
    return MembershipFactory.create(organization=organization, user__email="heir@example.com")


@pytest.fixture
def resource(organization: Organization, members: list[Membership]) -> Resource:
    """Something that the first of those who leave owns."""
    return ResourceFactory.create(organization=organization, owner=members[0].user)


@pytest.mark.parametrize("named", ["id", "address", "as somebody writes it"])
def test_a_person_is_named_for_all_by_id_or_address(
    organization: Organization,
    members: list[Membership],
    heir: Membership,
    resource: Resource,
    named: str,
) -> None:
    name = {"id": heir.user_id, "address": heir.user.email}.get(named, " Heir@Example.com\u200b")

    done = run(organization, *users(members[0].user_id), "--transfer-to", name, *UNASKED)

    resource.refresh_from_db()
    assert (done.status, resource.owner) == (0, heir.user)
    assert done.rows[0]["transfer_to"] == heir.user_id
    assert Removal.objects.get().transferred_to_user == heir.user


@pytest.mark.parametrize("by", ["pk", "email"])
def test_a_person_in_a_row_wins_over_the_option(
    organization: Organization,
    owner: Membership,
    members: list[Membership],
    heir: Membership,
    resource: Resource,
    by: str,
    tmp_path: Path,
) -> None:
    row = f"{members[0].user_id},{getattr(heir.user, by)}"
    file = csv_file(tmp_path, "user_id,transfer_to", row)

    done = run(organization, "--from-file", file, "--transfer-to", owner.user.email, *UNASKED)

    resource.refresh_from_db()
    assert (done.outcomes, resource.owner) == (["removed"], heir.user)


BY_ANOTHER_LINE = ("{0.pk},", "{1.pk},{2.email}", "{2.pk},")


@pytest.mark.parametrize(
    ("lines", "options", "positions"),
    [
        (("user_id,transfer_to", *BY_ANOTHER_LINE), (), "line 3 and line 4"),
        (("user_id,transfer_to:document", *BY_ANOTHER_LINE), (), "line 3 and line 4"),
        (("user_id,transfer_to", "{2.pk},{2.pk}"), (), "line 2"),
        (
            ("user_id", "{0.pk}", "{2.pk}"),
            ("--transfer-to", "{2.email}"),
            "--transfer-to and line 3",
        ),
        (
            ("user_id", "{2.pk}"),
            ("--transfer-type", "document={2.email}"),
            "--transfer-type document and line 2",
        ),
    ],
    ids=["another line", "another line, by type", "own line", "option", "option of a type"],
)
def test_a_person_who_takes_over_and_leaves_is_refused_with_both_positions(
    organization: Organization,
    members: list[Membership],
    tmp_path: Path,
    lines: tuple[str, ...],
    options: tuple[str, ...],
    positions: str,
) -> None:
    people = [member.user for member in members]
    file = csv_file(tmp_path, *(line.format(*people) for line in lines))
    named = [option.format(*people) for option in options]

    refused = run(organization, "--from-file", file, *named, *UNASKED, "--batch-size", 1)

    assert (refused.status, refused.errors) == (
        2,
        f"The input cannot be used: {positions}: {people[2].email} is to take over, but leaves.\n",
    )
    assert not Removal.objects.exists()


@pytest.mark.parametrize(
    "option",
    ["--transfer-to", "--actor", "--user", "--from-file", "--report", "--email-column"],
)
def test_an_option_that_a_script_left_empty_is_not_as_if_it_were_not_there(
    organization: Organization, members: list[Membership], option: str
) -> None:
    leaver = users(members[0].user_id)

    with pytest.raises(CommandError, match=f"argument {option}: must not be empty"):
        run(organization, *leaver, option, " ", "--no-input")

    assert not Removal.objects.exists()


def test_a_department_that_is_named_by_its_name_is_refused_with_its_id(
    organization: Organization, members: list[Membership]
) -> None:
    department = DepartmentFactory.create(organization=organization, name="Research")

    refused = run(organization, *users(members[0].user_id), "--transfer-to", "research")

    assert (refused.status, refused.errors) == (
        2,
        f"{organization} has no department with the id research."
        f" Research has the id {department.pk}.\n",
    )


@pytest.mark.parametrize("who", ["nobody", "stranger", "deactivated", "former"])
def test_who_is_no_active_member_does_not_take_over(
    organization: Organization, members: list[Membership], tmp_path: Path, who: str
) -> None:
    former = MembershipFactory.create(organization=organization)
    remove(former)
    asleep = MembershipFactory.create(organization=organization, deactivated_at=timezone.now())
    name = {
        "nobody": "nobody@example.com",
        "stranger": UserFactory.create().pk,
        "deactivated": asleep.user_id,
        "former": former.user_id,
    }[who]
    rows = (f"{members[0].user_id},", f"{members[1].user_id},{name}")
    file = csv_file(tmp_path, "user_id,transfer_to", *rows)

    in_row = run(organization, "--from-file", file, *UNASKED)
    for_all = run(organization, *users(members[0].user_id), "--transfer-to", name, *UNASKED)

    said = f"{name} is no active member, so cannot take over.\n"
    assert (in_row.status, in_row.errors) == (2, f"The input cannot be used: line 3: {said}")
    assert (for_all.status, for_all.errors) == (2, said)
    assert Removal.objects.count() == 1


def test_a_person_who_is_deactivated_after_the_check_takes_over_nothing(
    organization: Organization,
    members: list[Membership],
    heir: Membership,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Membership.objects.filter(pk=heir.pk).update(deactivated_at=timezone.now())
    monkeypatch.setattr(
        "organizations.management.commands.remove_members.find_targets",
        lambda _, named, by_type: Targets(named),
    )
    monkeypatch.setattr(
        "organizations.management.commands.remove_members.check_heirs", lambda *_: None
    )
    call = (*users(members[0].user_id), "--transfer-to", heir.user_id)

    for option in ("--dry-run", "--no-input"):
        done = run(organization, *call, option, "--report", "-")
        assert (done.status, done.outcomes) == (1, ["TRANSFER_USER_NOT_FOUND"])
        assert done.rows[0]["message"] == f"{heir.user_id} is no active member, so cannot take over"
