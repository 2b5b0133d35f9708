"""What the database does to the command, and what the command says of it."""

from typing import Any

import pytest
from django.db import OperationalError

from organizations.bulk_removal import batches, run
from organizations.models import Membership, Organization, Removal
from tests.factories import MembershipFactory, OrganizationFactory, UserFactory
from tests.organizations.bulk_removal.command import remove, rows_of


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_is_tried_again_does_not_count_whom_an_earlier_one_removed(
    organization: Organization, members: list[Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "WAITS", (0,))
    remove_batch = batches.remove_batch
    faults = iter([None, OperationalError("the connection is lost")])

    def with_a_fault(*arguments: Any, **options: Any) -> Any:
        if fault := next(faults, None):
            raise fault
        return remove_batch(*arguments, **options)

    monkeypatch.setattr(run, "remove_batch", with_a_fault)
    a, b, c = (member.user_id for member in members[:3])
    users = [argument for user in (a, b, a, c) for argument in ("--user", user)]

    status, report = remove(organization, *users, "--no-input", "--report", "-", "--batch-size", 2)

    assert status == 0
    assert [row["outcome"] for row in rows_of(report)] == [
        *("removed", "removed", "already_removed", "removed"),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_connection_lost_for_a_moment_is_found_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    organization = OrganizationFactory.create()
    members = MembershipFactory.create_batch(3, organization=organization)
    monkeypatch.setattr(run, "WAITS", (0, 0))
    remove_batch = batches.remove_batch
    answers_lost = iter([True, False, True, False])

    def and_lose_the_answer(*arguments: Any, **options: Any) -> Any:
        rows = remove_batch(*arguments, **options)
        if next(answers_lost, False):
            raise OperationalError("the connection is lost")
        return rows

    monkeypatch.setattr(run, "remove_batch", and_lose_the_answer)
    users = [argument for member in members for argument in ("--user", member.user_id)]

    status, report = remove(organization, *users, "--no-input", "--report", "-", "--batch-size", 2)

    assert status == 0
    assert [row["outcome"] for row in rows_of(report)] == ["removed"] * 3
    assert Removal.objects.count() == 3


def test_a_database_that_does_not_come_back_is_reported_with_what_is_done(
    organization: Organization,
    members: list[Membership],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    remove_batch = batches.remove_batch
    monkeypatch.setattr(run, "WAITS", ())

    def until_the_third(order: Any, batch: Any, **options: Any) -> Any:
        if batch[0].user_id == members[2].user_id:
            raise OperationalError("the server is gone")
        return remove_batch(order, batch, **options)

    monkeypatch.setattr(run, "remove_batch", until_the_third)
    users = [argument for member in members for argument in ("--user", member.user_id)]

    status, report = remove(organization, *users, "--no-input", "--report", "-", "--batch-size", 1)

    assert status == 1
    assert [row["outcome"] for row in rows_of(report)] == [
        "removed",
        "removed",
        "SERVICE_UNAVAILABLE",
    ]
    assert "2 of 5 rows are done. Run the same again to carry on." in capsys.readouterr().err


@pytest.mark.django_db(transaction=True)
def test_an_actor_whose_account_is_deleted_meanwhile_is_a_failure_and_nobody_is_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    member, actor = MembershipFactory.create(), UserFactory.create()
    remove_batch = batches.remove_batch
    monkeypatch.setattr(run, "WAITS", ())

    def without_the_actor(*arguments: Any, **options: Any) -> Any:
        actor.delete()
        return remove_batch(*arguments, **options)

    monkeypatch.setattr(run, "remove_batch", without_the_actor)
    named = ("--user", member.user_id, "--actor", actor.email)

    status, report = remove(member.organization, *named, "--no-input", "--report", "-")

    assert status == 1
    assert [row["outcome"] for row in rows_of(report)] == ["SERVICE_UNAVAILABLE"]
    assert "The database refused a batch: " in capsys.readouterr().err
    assert not Removal.objects.exists()
