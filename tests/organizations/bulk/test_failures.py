"""remove_members while the database fails or the input changes."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from django.db import OperationalError

from organizations.bulk import batches
from organizations.bulk.removal import remove_batch
from organizations.bulk.report import Row
from organizations.bulk.run import Run
from organizations.management.commands import remove_members
from organizations.models import Event, Membership, Organization, Removal
from tests.factories import DepartmentFactory, MembershipFactory, ResourceFactory, UserFactory
from tests.organizations.bulk.command import UNASKED, csv_file, run, users
from tests.removals import remove
from users.models import User


class Clock:
    """Time that passes by sleeping alone."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(batches, "time", clock)
    return clock


@pytest.fixture
def disturb(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Do one thing before, or another after, each attempt at a batch."""

    def disturb(
        before: Callable[[Sequence[Row]], object] = lambda _: None,
        after: Callable[[], object] = lambda: None,
    ) -> None:
        def disturbed(run: Run, batch: Sequence[Row]) -> list[Row]:
            before(batch)
            rows = remove_batch(run, batch)
            after()
            return rows

        monkeypatch.setattr(remove_members, "remove_batch", disturbed)

    return disturb


def failing(*attempts: bool) -> Callable[..., None]:
    """Return a function that fails at those of its first calls for which it is said."""
    fails = iter(attempts)

    def fail(*_: object) -> None:
        if next(fails, False):
            raise OperationalError("the connection is lost\nand more of it")

    return fail


def ids(members: list[Membership]) -> list[str]:
    return users(*(member.user_id for member in members))


@pytest.mark.django_db(transaction=True)
def test_a_batch_whose_answer_was_lost_is_reported_by_its_records(
    organization: Organization, members: list[Membership], disturb: Callable[..., None]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    ResourceFactory.create(organization=organization, owner=members[0].user)
    disturb(after=failing(True, False, True))
    call = (*ids(members[:3]), "--transfer-to", department.pk, *UNASKED, "--batch-size", 2)

    done = run(organization, *call)

    assert (done.status, done.outcomes) == (0, ["removed"] * 3)
    assert [row["transferred"] for row in done.rows] == ["1", "0", "0"]
    assert Removal.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_it_passed_on_of_members_removed_before_is_reported_though_the_answer_was_lost(
    organization: Organization, members: list[Membership], disturb: Callable[..., None]
) -> None:
    department = DepartmentFactory.create(organization=organization)
    former, leaver = members[:2]
    ResourceFactory.create_batch(4, organization=organization, owner=former.user)
    ResourceFactory.create(organization=organization, owner=leaver.user)
    remove(former)
    disturb(after=failing(True, True))
    call = (*ids([former, leaver]), "--transfer-to", department.pk, *UNASKED)

    done = run(organization, *call)
    again = run(organization, *call)

    assert (done.status, done.outcomes) == (0, ["already_removed", "removed"])
    assert [row["transferred"] for row in done.rows] == ["4", "1"]
    assert [row["transferred"] for row in again.rows] == ["0", "0"]
    assert Event.objects.filter(type=Event.Type.RESOURCES_TRANSFERRED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_how_long_it_tries_is_said_and_kept(
    organization: Organization,
    members: list[Membership],
    disturb: Callable[..., None],
    clock: Clock,
) -> None:
    def fail_from_the_third(batch: Sequence[Row]) -> None:
        if batch[0].user_id == members[2].user_id:
            raise OperationalError("the server is gone")

    disturb(before=fail_from_the_third)

    done = run(organization, *ids(members), *UNASKED, "--batch-size", 1)

    assert (done.status, done.outcomes) == (1, ["removed", "removed", "SERVICE_UNAVAILABLE"])
    assert clock.now <= 60
    assert done.errors.splitlines()[1] == (
        "The database failed: the server is gone. Trying again for 60 seconds."
    )
    assert done.errors.splitlines()[-1] == (
        "The database failed: the server is gone. 2 of 5 rows are done."
        " Run the same again to carry on."
    )


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_back_in_time_is_used(
    organization: Organization, members: list[Membership], disturb: Callable[..., None]
) -> None:
    disturb(before=failing(True, True, True))

    done = run(organization, *ids(members), *UNASKED)

    assert (done.status, done.outcomes) == (0, ["removed"] * 5)


@pytest.mark.django_db(transaction=True)
def test_an_actor_whose_account_is_deleted_meanwhile_is_a_failure_and_nobody_is_removed(
    disturb: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    member, actor = MembershipFactory.create(), UserFactory.create()
    monkeypatch.setattr("organizations.bulk.batches.PATIENCE_SECONDS", 0)
    disturb(before=lambda _: User.objects.filter(pk=actor.pk).delete())

    done = run(
        member.organization, "--user", member.user_id, "--actor", actor.email.upper(), *UNASKED
    )

    assert (done.status, done.outcomes) == (1, ["SERVICE_UNAVAILABLE"])
    assert "The database refused a batch" in done.errors
    assert not Removal.objects.exists()


def test_a_file_and_an_address_that_change_meanwhile_change_nobody_who_is_removed(
    organization: Organization,
    members: list[Membership],
    tmp_path: Path,
    disturb: Callable[..., None],
) -> None:
    file = csv_file(tmp_path, "email", members[0].user.email, members[1].user.email)

    def change(_: Sequence[Row]) -> None:
        file.write_text("email\n")
        first, second = members[0].user, members[1].user
        type(first).objects.filter(pk=second.pk).update(email="new@example.com")

    disturb(before=change)

    done = run(organization, "--from-file", file, *UNASKED, "--batch-size", 1)

    assert (done.status, done.outcomes) == (0, ["removed", "removed"])
    assert [row["user_id"] for row in done.rows] == [m.user_id for m in members[:2]]


def test_rows_that_cannot_be_stored_begin_nothing(
    organization: Organization, members: list[Membership], monkeypatch: pytest.MonkeyPatch
) -> None:
    def on_a_full_disk(path: str) -> sqlite3.Connection:
        database = connect(path)
        database.execute("PRAGMA max_page_count = 6")
        return database

    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", on_a_full_disk)
    many = users(members[0].user_id, *(f"usr_{number}" for number in range(200)))

    refused = run(organization, *many, "--no-input")

    assert (refused.status, refused.errors) == (
        2,
        "The rows cannot be stored: database or disk is full.\n",
    )
    assert not Removal.objects.exists()
